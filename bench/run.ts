import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { figureTable, machine, type Figure } from './figure.ts'

/**
 * Measures Sluice and prints one table. Ratios are of runs measured side by side; no figure is a test.
 *
 * `npm run bench [-- name...] [-- --json results.json]`, after `npm run build`
 */
const benches: { readonly [name: string]: () => Promise<() => Promise<Figure[]>> } = {
  'no-op': async () => (await import('./no-op.ts')).noOp,
  check: async () => (await import('./check.ts')).check,
  'step-overhead': async () => (await import('./step-overhead.ts')).stepOverhead,
  'big-table': async () => (await import('./big-table.ts')).bigTable,
  bucket: async () => (await import('./bucket.ts')).bucket,
  csv: async () => (await import('./csv.ts')).csvFiles,
  postgres: async () => (await import('./postgres.ts')).fromPostgres,
  'data-checks': async () => (await import('./data-checks.ts')).dataChecks,
  partitions: async () => (await import('./partitions.ts')).partitions,
  digest: async () => (await import('./digest.ts')).contentDigest,
  rows: async () => (await import('./rows.ts')).rowsOfCode,
  diff: async () => (await import('./diff.ts')).differences,
  incremental: async () => (await import('./incremental.ts')).incremental,
  'by-partition': async () => (await import('./by-partition.ts')).byPartition,
  'test-kit': async () => (await import('./test-kit.ts')).testKit,
  'code-version': async () => (await import('./scripts-of-their-own.ts')).codeVersions,
  'chain-types': async () => (await import('./scripts-of-their-own.ts')).chainTypes,
}

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true })
const names = positionals.length > 0 ? positionals : Object.keys(benches)
const unknown = names.filter((name) => !Object.hasOwn(benches, name))

if (unknown.length > 0) {
  console.error(`no bench is called ${unknown.join(', ')}: there are ${Object.keys(benches).join(', ')}`)
  process.exitCode = 2
} else {
  await measureAll()
}

async function measureAll(): Promise<void> {
  const about = machine()
  const { cores, cpu, memoryGb, os, node } = about
  console.log(`${cores} cores (${cpu}), ${memoryGb} GB, ${os}, node ${node}\n`)
  const figures: Figure[] = []
  try {
    for (const name of names) {
      process.stderr.write(`${name} ...\n`)
      const measure = await benches[name]?.()
      if (measure) figures.push(...(await measure()))
    }
  } finally {
    // What was measured before one failed is worth something.
    console.log(figureTable(figures))
  }
  if (values.json !== undefined) {
    writeFileSync(
      values.json,
      `${JSON.stringify({ machine: about, at: new Date().toISOString(), figures }, null, 2)}\n`,
    )
  }
}
