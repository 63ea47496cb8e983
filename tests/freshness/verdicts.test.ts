import { cp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'

const fresh = { ingest: 'fresh', totals: 'fresh', report: 'fresh' }
const ingest = 'notebooks/bronze/ingest.ts'
const totals = 'notebooks/silver/totals.ts'
const report = 'notebooks/gold/report.ts'
const shared = 'notebooks/shared/text.ts'
const flowFile = 'flows/sales.ts'

let rig: Rig

beforeAll(async () => {
  rig = await Rig.open(smallFlow)
  const first = await rig.run()
  expect(first.outcomes, first.out + first.err).toEqual({ ingest: 'ran', totals: 'ran', report: 'ran' })
  expect(first.reasons['ingest']).toEqual(['never-run'])
}, 60_000)
afterAll(() => rig.close())

/** Edits that change nothing that can run. */
const harmless: readonly [string, string, string, string][] = [
  ['a comment in a notebook', totals, 'export default', '// said\nexport default'],
  ['the layout of a notebook', totals, 'outputs: { totals },', 'outputs: {\n    totals,\n  },'],
  ['a type annotation', shared, '(column: string)', '(column: `${string}`)'],
  [
    'a type-only import',
    shared,
    "import { sql } from 'sluice'",
    "import { sql } from 'sluice'\nimport type { Row } from 'sluice'\nexport type R = Row<{}>",
  ],
  ['the description of a table', totals, 'Sales by region.', 'Totals of sales by region.'],
  ['an owner of a notebook', report, 'inputs: { totals },', "owner: 'data team',\n  inputs: { totals },"],
  ['a time limit', report, 'inputs: { totals },', "timeout: '10m',\n  inputs: { totals },"],
  ['a default that the flow overrides', totals, 'default(0)', 'default(0.5)'],
  ['the name of a step', flowFile, '{ args: { least: 1 } }', "{ args: { least: 1 }, name: 'totals' }"],
  ['a description of the flow', flowFile, "flow('sales')", "flow('sales', { description: 'x' })"],
]

/** Edits that matter: what becomes stale, and why. */
const changes: readonly [string, string, string, string, string, readonly string[]][] = [
  ['the query', totals, 'amount >=', 'amount >', 'totals', ['code-changed']],
  ['a shared function', shared, 'upper(${', 'lower(${', 'totals', ['code-changed']],
  ['code of a run notebook', report, ': ${row.total}', ' = ${row.total}', 'report', ['code-changed']],
  ['an arg in the flow', flowFile, 'least: 1', 'least: 2', 'totals', ['args-changed']],
  ['a type in a contract', totals, 'decimal(38, 2)', 'decimal(38, 3)', 'totals', ['contract-changed']],
  ['a check in a contract', totals, 'total >= 0', 'total > 0', 'totals', ['contract-changed']],
  ['the key of a table', totals, "key: ['region']", 'key: []', 'totals', ['contract-changed']],
  [
    'the columns that are read',
    totals,
    "pick('region', 'amount')",
    "pick('region', 'amount', 'id')",
    'totals',
    ['contract-changed'],
  ],
  ['a row of a source', 'data/sales.csv', '10.50', '11.50', 'ingest', ['input-changed']],
  [
    'a clock in the code',
    report,
    'let count = 0',
    'let count = Date.now() * 0',
    'report',
    ['code-changed', 'untracked'],
  ],
]

describe('freshness', () => {
  it('skips everything when nothing changed', async () => {
    expect((await rig.run()).outcomes).toEqual(fresh)
  })

  it.each(harmless)('is not moved by %s', async (_, file, from, to) => {
    const before = await rig.read(file)
    await rig.edit(file, from, to)
    const { outcomes, out } = await rig.plan()
    await rig.write({ [file]: before })
    expect(outcomes, out).toEqual(fresh)
  })

  it.each(changes)(
    'sees %s',
    async (_, file, from, to, step, expected) => {
      const before = await rig.read(file)
      await rig.edit(file, from, to)
      const { outcomes, reasons, out } = await rig.plan()
      await rig.write({ [file]: before })
      expect(outcomes[step], out).toBe('stale')
      expect(reasons[step]).toEqual(expected)
      // Going back, as checking out another branch and back does, makes everything fresh again.
      expect((await rig.plan()).outcomes).toEqual(fresh)
    },
    60_000,
  )

  it('marks what is downstream as what may run', async () => {
    await rig.edit('data/sales.csv', '10.50', '11.50')
    const { outcomes, reasons } = await rig.plan()
    await rig.edit('data/sales.csv', '11.50', '10.50')
    expect(outcomes).toEqual({ ingest: 'stale', totals: 'may-run', report: 'may-run' })
    expect(reasons['report']).toEqual(['upstream-stale'])
  })

  it('is not moved by touched files', async () => {
    const now = new Date()
    for (const file of [ingest, totals, report, shared, flowFile, 'data/sales.csv'])
      await utimes(rig.path(file), now, now)
    expect((await rig.plan()).outcomes).toEqual(fresh)
  })

  it.each([
    ['a source', 'data/sales.csv', '10.50', '99.50', 'ingest', 'input-changed'],
    ['a notebook', totals, 'amount >=', 'amount <=', 'totals', 'code-changed'],
  ])(
    'sees an edit of %s of the same size with the time put back',
    async (_, file, from, to, step, reason) => {
      const { atime, mtime } = await stat(rig.path(file))
      await rig.edit(file, from, to)
      await utimes(rig.path(file), atime, mtime)
      const { reasons } = await rig.plan()
      await rig.edit(file, to, from)
      await utimes(rig.path(file), atime, mtime)
      expect(reasons[step]).toEqual([reason])
      expect((await rig.plan()).outcomes).toEqual(fresh)
    },
  )

  it('sees a new file behind a glob, by its name', async () => {
    await rig.write({ 'data/more.csv': 'id,region,amount,note\n9,west,1.00,\n' })
    const explained = await rig.sluice('explain', 'ingest')
    await rm(rig.path('data/more.csv'))
    expect(explained.out).toContain('data/more.csv is new')
    expect((await rig.plan()).outcomes).toEqual(fresh)
  })

  it('is the same in every time zone and with the clock moved', async () => {
    for (const zone of ['Asia/Tokyo', 'America/Los_Angeles']) {
      const ended = await rig.with({ TZ: zone }, 'plan', '--json')
      expect(ended.lines.flatMap(({ verdict }) => verdict ?? [])).toEqual(['fresh', 'fresh', 'fresh'])
    }
    const future = new Date(Date.now() + 400 * 86_400_000)
    for (const file of [totals, 'data/sales.csv']) await utimes(rig.path(file), future, future)
    expect((await rig.plan()).outcomes).toEqual(fresh)
  })

  it('is the same in a copy of the project elsewhere, with the caches deleted', async () => {
    const copy = await Rig.open({})
    await cp(rig.folder, copy.folder, {
      recursive: true,
      filter: (file) => !/\/(node_modules|\.sluice)(\/|$)/.test(file.slice(rig.folder.length)),
    })
    const { outcomes, out } = await copy.run()
    await copy.close()
    expect(outcomes, out).toEqual(fresh)
  })

  it('notices an output file that was edited or deleted, and computes it again', async () => {
    const [file] = await filesOf('silver.totals')
    const bytes = await readFile(file)
    bytes[60] = (bytes[60] ?? 0) ^ 1
    const { atime, mtime } = await stat(file)
    await writeFile(file, bytes)
    await utimes(file, atime, mtime)
    expect((await rig.plan()).reasons['totals']).toEqual(['output-changed'])
    const { outcomes, out } = await rig.run()
    expect(outcomes['totals'], out).toBe('ran')
    const [again] = await filesOf('silver.totals')
    expect(again).not.toBe(file)
    await rename(again, `${again}.away`)
    expect((await rig.plan()).reasons['totals']).toEqual(['output-missing'])
    expect((await rig.run()).outcomes['totals']).toBe('ran')
    expect((await rig.run()).outcomes).toEqual(fresh)
  }, 60_000)

  it('reads nothing that no manifest names', async () => {
    const [file] = await filesOf('silver.totals')
    await cp(file, path.join(path.dirname(file), 'part-9.parquet'))
    expect(await rig.query('SELECT count(*) AS n FROM silver.totals')).toEqual([{ n: 2 }])
    await rm(path.join(path.dirname(file), 'part-9.parquet'))
  })
})

async function filesOf(table: string): Promise<[string, ...string[]]> {
  const { out } = await rig.sluice('path', table)
  const files = out.trim().split('\n')
  const [first, ...rest] = files
  if (first === undefined) throw new Error(`no file of ${table}`)
  expect(await readdir(path.dirname(first))).toContain(path.basename(first))
  return [first, ...rest]
}
