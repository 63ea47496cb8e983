import { afterAll, beforeAll, expect, test } from 'vitest'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { problemsOf } from '../../src/base/problem.ts'
import { openLake, type OpenLake } from '../../src/run/open-lake.ts'
import { publishTable } from './lake-rig.ts'

let root: string
let lake: OpenLake
/** When the second version was there, and the third was not. */
let between: string

beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'sluice-versions-')))
  await writeFile(path.join(root, 'sluice.yaml'), 'env: dev\n')
  const columns = [{ name: 'id', type: 'BIGINT', nullable: false }]
  for (const rows of [1, 2, 3])
    await publishTable(root, 'silver.trips', columns, `SELECT i::BIGINT AS id FROM range(${rows}) r(i)`)
  await publishTable(root, 'zones', columns, 'SELECT 7::BIGINT AS id')
  lake = await openLake({ projectRoot: root })
  const commits: string[] = []
  for await (const { at } of lake.history()) commits.unshift(at)
  between = commits[1] ?? ''
})
afterAll(async () => {
  await lake.close()
  await rm(root, { recursive: true, force: true })
})

async function ask(sql: string): Promise<unknown> {
  const rows: unknown[] = []
  for await (const row of (await lake.query(sql)).rows) rows.push(...row)
  return rows.map((value) => (typeof value === 'bigint' ? Number(value) : value))
}

const queries: readonly [string, readonly unknown[]][] = [
  ['SELECT count(*) FROM silver.trips', [3]],
  ['SELECT count(*) FROM silver.trips@1', [1]],
  ['SELECT count(*) FROM "silver"."trips"@2', [2]],
  ['SELECT count(*) FROM SILVER.Trips@2', [2]],
  ["SELECT count(*) FROM silver.trips@'BETWEEN'", [2]],
  ['SELECT count(*) FROM silver.trips@BETWEEN', [2]],
  ['SELECT t.id FROM silver.trips@1 AS t WHERE t.id = 0', [0]],
  ['SELECT count(*) FROM silver.trips@3 a ANTI JOIN silver.trips@1 b USING (id)', [2]],
  ['FROM silver.trips EXCEPT FROM silver.trips@2', [2]],
  ['WITH old AS (FROM silver.trips@1) SELECT (SELECT count(*) FROM silver.trips@2) + count(*) FROM old', [3]],
  ["SELECT 'silver.trips@1', @5 /* silver.trips@9 */ FROM zones@1 -- zones@9", ['silver.trips@1', 5]],
  ['SELECT@5', [5]],
]
test.each(queries)('%s', async (sql, rows) => {
  expect(await ask(sql.replace('BETWEEN', between))).toEqual(rows)
})

const refused: readonly [string, string][] = [
  [
    'FROM silver.trips@9',
    "storage/version-unknown: environment 'dev' has no 'silver.trips@9': its last version is 3",
  ],
  ['FROM silver.trip@1', "project/unknown: environment 'dev' has no table 'silver.trip'"],
  ['FROM silver.trips@soon', "project/usage: 'silver.trips@soon': what stands after @ is no version number"],
  ["FROM zones@'2020-01-01'", 'storage/version-unknown: '],
  ['FROM silver.trips@9, zones@8', "has no 'zones@8'"],
  ['SELECT nope FROM silver.trips@1', 'query/bind: query: '],
  ['SELECT FROM FROM silver.trips@1', 'query/parse: query: '],
]
test.each(refused)('%s is refused', async (sql, told) => {
  const thrown = await ask(sql).then(
    () => new Error('it was answered'),
    (error: unknown) => error,
  )
  const problems = problemsOf(thrown)
  if (problems === undefined) throw thrown
  expect(problems.map(({ code, message }) => `${code}: ${message}`).join('\n')).toContain(told)
})

test('a place in a query is that of what was said', async () => {
  const sql = "SELECT nope FROM silver.trips@'2999-01-01' AS a"
  const thrown = await ask(sql).catch((error: unknown) => error)
  expect(problemsOf(thrown)).toMatchObject([{ query: { text: sql, offset: 'SELECT '.length } }])
})
