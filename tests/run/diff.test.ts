import { readFile, rm, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { diff, diffAll } from '../../src/run/diff.ts'
import type { TableDiff } from '../../src/run/diff-result.ts'
import { openLake } from '../../src/run/open-lake.ts'
import { emptyProject, publishTable } from './lake-rig.ts'

const columns = [
  { name: 'id', type: 'BIGINT', nullable: false },
  { name: 'fare', type: 'DECIMAL(10,2)', nullable: true },
]
const rows = `SELECT i::BIGINT AS id, (i / 4)::DECIMAL(10,2) AS fare FROM range(5) r(i)`
const other = `SELECT i::BIGINT AS id, (i / 4 + (i = 2)::INT)::DECIMAL(10,2) AS fare FROM range(1, 7) r(i)`
const keyed = { key: ['id'] }

async function told(work: Promise<unknown>): Promise<string[]> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  return (problemsOf(thrown) ?? []).map(({ code, message, hint }) => `${code}: ${message}; ${hint ?? ''}`)
}

async function all(range: string, projectRoot: string): Promise<TableDiff[]> {
  const diffs: TableDiff[] = []
  for await (const each of diffAll(range, { projectRoot })) diffs.push(each)
  return diffs
}

test('the version before is compared with the head, by the key of the contract', async () => {
  const projectRoot = await emptyProject()
  await publishTable(projectRoot, 'silver.trips', columns, rows, keyed)
  await publishTable(projectRoot, 'silver.trips', columns, other, keyed)
  const found = await diff('silver.trips', { projectRoot })
  expect(found).toMatchObject({
    table: 'silver.trips',
    from: { env: 'dev', seq: 1, rows: 5 },
    to: { env: 'dev', seq: 2, rows: 6 },
    same: false,
    decidedBy: 'rows',
    key: ['id'],
    columns: ['fare'],
    notCompared: [],
    rows: { added: 2, removed: 1, changed: 1, same: 3, columns: [{ column: 'fare', changed: 1 }] },
  })
  expect(found.rows.examples.changed).toEqual([
    { key: { id: '2' }, cells: [{ column: 'fare', before: '0.50', after: '1.50' }] },
  ])
})

test('columns, NULL and key are compared beside the rows', async () => {
  const projectRoot = await emptyProject()
  await publishTable(projectRoot, 't', columns, rows, keyed)
  const wider = [
    { name: 'id', type: 'BIGINT', nullable: true },
    { name: 'tip', type: 'DOUBLE', nullable: true },
  ]
  await publishTable(projectRoot, 't', wider, 'SELECT id, 1::DOUBLE AS tip FROM range(5) r(id)')
  const found = await diff('t', { projectRoot })
  expect(found.schema.map(({ kind, column }) => `${kind} ${column}`)).toEqual([
    'changed id',
    'added tip',
    'removed fare',
  ])
  expect(found).toMatchObject({
    same: false,
    contractKey: { before: ['id'], after: [] },
    key: ['id'],
    columns: [],
    notCompared: ['tip', 'fare'],
    rows: { added: 0, removed: 0, changed: 0, same: 5 },
  })
})

test('what is known to be the same is not read', async () => {
  const projectRoot = await emptyProject()
  await publishTable(projectRoot, 't', columns, rows)
  await publishTable(projectRoot, 't', columns, `${rows} ORDER BY i DESC`)
  await publishTable(projectRoot, 't', columns, `${rows} ORDER BY i DESC`)
  const lake = await openLake({ projectRoot })
  await lake.digest('t@1')
  await lake.digest('t@2')
  const files = await Promise.all([1, 2, 3].map((seq) => lake.table(`t@${seq}`).files()))
  await lake.close()
  for (const file of files.flat()) await rm(file)
  const by = async (range: string) => {
    const { same, decidedBy, rows: found } = await diff('t', { projectRoot, range })
    return [same, decidedBy, found.same]
  }
  expect(await by('1..1')).toEqual([true, 'version', 5])
  expect(await by('2..3')).toEqual([true, 'files', 5])
  expect(await by('1..2')).toEqual([true, 'digest', 5])
})

test('a damaged or missing file is told, and makes no difference', async () => {
  const projectRoot = await emptyProject()
  await publishTable(projectRoot, 't', columns, rows)
  await publishTable(projectRoot, 't', columns, other)
  const lake = await openLake({ projectRoot })
  const [file = ''] = await lake.table('t@1').files()
  await lake.close()
  const bytes = await readFile(file)
  // One bit within the first page of values: DuckDB would read it without a word.
  bytes[40] = (bytes[40] ?? 0) ^ 1
  await writeFile(file, bytes)
  expect((await told(diff('t', { projectRoot })))[0]).toMatch(
    /^storage\/corrupt: .*part-0\.parquet' is damaged: its content is not what was written/,
  )
  await writeFile(file, bytes.subarray(0, -10))
  expect((await told(diff('t', { projectRoot })))[0]).toMatch(/^storage\/corrupt: .* bytes, and had/)
  await rm(file)
  expect((await told(diff('t', { projectRoot })))[0]).toMatch(
    /^storage\/corrupt: .* is damaged: it is missing/,
  )
})

test('environments are compared table by table; those of one version are left out', async () => {
  const projectRoot = await emptyProject()
  await publishTable(projectRoot, 'a.both', columns, rows, keyed)
  await publishTable(projectRoot, 'b.gone', columns, rows)
  await publishTable(projectRoot, 'a.both', columns, other, { ...keyed, env: 'prod' })
  await publishTable(projectRoot, 'c.new', columns, rows, { env: 'prod' })
  const brief = (await all('dev..prod', projectRoot)).map(({ table, from, to, rows: found }) => [
    table,
    from?.env,
    to?.env,
    found.added,
    found.removed,
    found.changed,
  ])
  expect(brief).toEqual([
    ['a.both', 'dev', 'prod', 2, 1, 1],
    ['b.gone', 'dev', undefined, 0, 5, 0],
    ['c.new', undefined, 'prod', 5, 0, 0],
  ])
  expect(await all('dev..dev', projectRoot)).toEqual([])
  expect(await all('2999-01-01..', projectRoot)).toEqual([])
  expect((await all('2020-01-01..dev', projectRoot)).map(({ from }) => from)).toEqual([undefined, undefined])
})

test('a damaged table does not hide the differences of the others', async () => {
  const projectRoot = await emptyProject()
  for (const table of ['a', 'b']) {
    await publishTable(projectRoot, table, columns, rows)
    await publishTable(projectRoot, table, columns, other, { env: 'prod' })
  }
  const lake = await openLake({ projectRoot })
  const [file = ''] = await lake.table('a').files()
  await lake.close()
  await rm(file)
  const found: string[] = []
  const work = (async () => {
    for await (const { table } of diffAll('dev..prod', { projectRoot })) found.push(table)
  })()
  expect((await told(work))[0]).toMatch(/^storage\/corrupt/)
  expect(found).toEqual(['b'])
})

test('what does not exist is a problem that says what is near, for both ends at once', async () => {
  const projectRoot = await emptyProject()
  expect((await told(diff('t', { projectRoot })))[0]).toMatch(
    /^project\/unknown: environment 'dev' has no table 't'/,
  )
  await publishTable(projectRoot, 'silver.trips', columns, rows)
  await publishTable(projectRoot, 'silver.trips', columns, rows, { env: 'prod' })
  const of = (table: string, how: object) => told(diff(table, { projectRoot, ...how }))
  expect((await of('silver.trip', {}))[0]).toContain("did you mean 'silver.trips'?")
  expect(await of('silver.trips', {})).toEqual([
    "storage/version-unknown: environment 'dev' has one version of 'silver.trips' only; " +
      'compare it with another environment, such as dev..prod',
  ])
  expect((await of('silver.trips', { range: 'prd..dve' })).map((each) => each.split('; ')[1])).toEqual([
    "did you mean 'prod'?",
    "did you mean 'dev'?",
  ])
  expect(await of('silver.trips', { range: '3..4' })).toHaveLength(2)
  expect((await of('silver.trips', { range: 'dev..prod', key: ['idd'], columns: ['faer'] })).length).toBe(2)
  expect((await of('silver.trips', { range: 'dev..prod', tolerance: -1, examples: 1.5 })).length).toBe(2)
  expect((await told(all('1..2', projectRoot)))[0]).toMatch(/^project\/usage: a version belongs to a table/)
  expect((await told(all('dev..prd', projectRoot)))[0]).toContain("did you mean 'prod'?")
})

test('rows cannot be matched by a column that one side lacks', async () => {
  const projectRoot = await emptyProject()
  await publishTable(projectRoot, 't', columns, rows)
  await publishTable(projectRoot, 't', columns.slice(0, 1), 'SELECT 1::BIGINT AS id')
  expect(await told(diff('t', { projectRoot, key: ['fare'] }))).toEqual([
    "project/usage: rows of 't' cannot be matched by 'fare': only one of the versions has it; ",
  ])
})
