import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { codeVersion, loadDigest, lookAtCode } from '../src/notebook/code-version.ts'
import { openIndex } from '../src/notebook/open-index.ts'

/**
 * Code versions of 1,000 notebooks that share 40 modules, cold and with a warm stat index.
 * `npx tsx bench/code-version.ts [notebooks] [shared modules]`
 */
const notebooks = Number(process.argv[2] ?? 1000)
const shared = Number(process.argv[3] ?? 40)
const root = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
try {
  writeProject()
  // Files that are younger than a tick of the clock are hashed again: wait, so that warm means warm.
  await setTimeout(2500)
  await measure('cold')
  await measure('warm')
  await measure('warm')
  console.log(`stat index: ${(statSync(join(root, '.sluice/stat-index.json')).size / 1e6).toFixed(1)} MB`)
} finally {
  rmSync(root, { recursive: true })
}

async function measure(label: string): Promise<void> {
  const start = performance.now()
  const index = openIndex(join(root, '.sluice'))
  const opened = performance.now()
  const context = lookAtCode(root, index)
  let files = 0
  for (let n = 0; n < notebooks; n++)
    files += (await codeVersion(`notebooks/nb${n}.ts`, context)).files.length
  const versions = performance.now()
  await loadDigest('flows/all.ts', context)
  const loaded = performance.now()
  index.save()
  const saved = performance.now()
  const ms = (from: number, to: number): string => `${(to - from).toFixed(0)} ms`
  console.log(
    `${label}: open ${ms(start, opened)}, ${notebooks} code versions ${ms(opened, versions)} (${files} files), ` +
      `load digest of a flow ${ms(versions, loaded)}, save ${ms(loaded, saved)}, all ${ms(start, saved)}`,
  )
}

function writeProject(): void {
  for (const folder of ['notebooks', 'shared', 'flows']) mkdirSync(join(root, folder))
  for (let n = 0; n < shared; n++) {
    const deps = [n * 2 + 1, n * 2 + 2].filter((dep) => dep < shared)
    const imports = deps.map((dep) => `import { clean${dep} } from './shared${dep}.ts'\n`).join('')
    const calls = deps.map((dep) => `  value = clean${dep}(value)\n`).join('')
    const body = `/** Cleans step ${n}. */\nexport function clean${n}(value: string): string {\n${calls}  return value.trim() + ${n}\n}\n`
    writeFileSync(join(root, `shared/shared${n}.ts`), imports + body)
  }
  for (let n = 0; n < notebooks; n++) writeFileSync(join(root, `notebooks/nb${n}.ts`), notebookText(n))
  const names = Array.from({ length: notebooks }, (_, n) => n)
  const imports = names.map((n) => `import nb${n} from '../notebooks/nb${n}.ts'\n`).join('')
  const steps = names.map((n) => `.step(nb${n})`).join('')
  writeFileSync(
    join(root, 'flows/all.ts'),
    `import { flow } from 'sluice'\n${imports}export default flow('all')${steps}\n`,
  )
}

function notebookText(n: number): string {
  const upstream = n % 10 === 0 ? undefined : n - 1
  return `import { notebook, sql, table, t } from 'sluice'
${upstream === undefined ? '' : `import { table${upstream} } from './nb${upstream}.ts'`}
import { clean${n % shared} } from '../shared/shared${n % shared}.ts'

/** The rows of stage ${n}, cleaned. */
export const table${n} = table('stage.table${n}', {
  id: t.integer(),
  name: t.varchar().nullable(),
  amount: t.decimal(10, 2).check('amount >= 0'),
}, { key: ['id'], description: 'Rows of stage ${n}.' })

interface Window { readonly from: number; readonly to: number }

// Windows of a hundred rows, so that the query stays small.
function windowOf(page: number): Window {
  return { from: page * 100, to: page * 100 + 99 }
}

export default notebook({
  description: 'Stage ${n}.',
  inputs: { ${upstream === undefined ? '' : `raw: table${upstream}.pick('id', 'name')`} },
  outputs: { rows: table${n} },
  select: {
    rows: (inputs) => {
      const { from, to } = windowOf(${n})
      const label: string = clean${n % shared}('stage ${n}')
      return sql\`
        SELECT id, name, amount FROM \${inputs}
        WHERE id BETWEEN \${from} AND \${to} AND name <> \${label}\`
    },
  },
})
`
}
