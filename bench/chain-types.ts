import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * What the typed chain costs `tsc`: the same notebooks are checked with and without a flow that chains all of
 * them. Prints seconds and the ratio; a ratio over 2 ends with exit code 1.
 *
 * `npx tsx bench/chain-types.ts [steps]`
 */

const steps = Number(process.argv[2] ?? 500)
const limit = 2
const src = fileURLToPath(new URL('../src', import.meta.url))
const packages = fileURLToPath(new URL('../node_modules', import.meta.url))
const tsc = createRequire(import.meta.url).resolve('typescript/lib/tsc.js')

const columns = [
  't.bigint()',
  't.varchar()',
  't.double().nullable()',
  't.decimal(10, 2)',
  't.timestamp()',
  't.date()',
]

/** A notebook that reads the two before it, one by its own expectation of the table in every tenth. */
function notebookText(at: number): string {
  const fields = Array.from({ length: 12 }, (_, c) => `  c${c}: ${columns[(c + at) % columns.length]},`)
  const own = Array.from({ length: 3 }, (_, c) => `c${c}: ${columns[(c + at - 1) % columns.length]}`)
  const reads =
    at === 0
      ? []
      : [
          at % 10 === 0
            ? `own: table('l.t${at - 1}', { ${own.join(', ')} })`
            : `a: t${at - 1}.pick('c0', 'c3')`,
        ]
  if (at > 1) reads.push(`b: t${at - 2}`)
  return [
    `import { notebook, sql, table, t } from './api.ts'`,
    `import { z } from 'zod'`,
    ...(at > 0 && at % 10 !== 0 ? [`import { t${at - 1} } from './n${at - 1}.ts'`] : []),
    ...(at > 1 ? [`import { t${at - 2} } from './n${at - 2}.ts'`] : []),
    `export const t${at} = table('l.t${at}', {`,
    ...fields,
    `})`,
    `export default notebook({`,
    `  name: 's${at}', inputs: { ${reads.join(', ')} }, outputs: { out: t${at} },`,
    `  args: z.object({ from: z.number()${at % 2 ? '' : '.default(0)'} }),`,
    `  select: { out: (_, args) => sql\`SELECT \${args.from}\` },`,
    `})`,
    ``,
  ].join('\n')
}

/** What a user declares with, without the rest of Sluice, which is not what is measured. */
const apiText = [
  ...['notebook', 'source', 'sql', 'table'].map(
    (name) => `export { ${name} } from '${src}/contract/${name}.ts'`,
  ),
  `export { t } from '${src}/contract/types.ts'`,
  `export { flow } from '${src}/flow/flow.ts'`,
].join('\n')

function chainText(): string {
  const all = Array.from({ length: steps }, (_, at) => at)
  return [
    `import { flow } from './api.ts'`,
    ...all.map((at) => `import n${at} from './n${at}.ts'`),
    `export default flow('chain')`,
    ...all.map((at) => `  .step(n${at}${at % 2 ? `, { args: { from: ${at} } }` : ''})`),
    ``,
  ].join('\n')
}

/** Seconds that `tsc` takes; throws when it finds an error. */
function check(folder: string, files: readonly string[]): number {
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
    allowImportingTsExtensions: true,
    typeRoots: [join(packages, '@types')],
  }
  const config = join(folder, 'tsconfig.json')
  writeFileSync(config, JSON.stringify({ compilerOptions, files }))
  const start = performance.now()
  const flags = process.argv.includes('--diagnostics') ? ['--extendedDiagnostics'] : []
  const done = spawnSync(process.execPath, [tsc, '-p', config, ...flags], { encoding: 'utf8' })
  if (flags.length > 0) console.log(done.stdout)
  if (done.status !== 0) throw new Error(`tsc found errors:\n${done.stdout.slice(0, 2000)}${done.stderr}`)
  return (performance.now() - start) / 1000
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-chain-'))
try {
  writeFileSync(join(folder, 'package.json'), '{ "name": "bench", "type": "module" }')
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(join(packages, 'zod'), join(folder, 'node_modules/zod'))
  writeFileSync(join(folder, 'api.ts'), apiText)
  const names = Array.from({ length: steps }, (_, at) => `n${at}.ts`)
  names.forEach((name, at) => writeFileSync(join(folder, name), notebookText(at)))
  writeFileSync(join(folder, 'chain.ts'), chainText())
  const without = check(folder, names)
  const together = check(folder, [...names, 'chain.ts'])
  const ratio = together / without
  console.log(
    `${steps} notebooks: ${without.toFixed(1)} s; with the chain: ${together.toFixed(1)} s; ratio ${ratio.toFixed(2)}`,
  )
  if (ratio > limit) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
