import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { writePlan } from '../../src/lake/gc-plan.ts'
import { openLake as lakeIn } from '../../src/lake/lake.ts'
import { openLake } from '../../src/run/open-lake.ts'
import { release } from '../../src/run/release.ts'
import { restore } from '../../src/run/restore.ts'
import { localStorage } from '../../src/storage/local.ts'
import { flipped, harm, keysIn } from '../lake/flips.ts'
import { randomFrom } from '../storage/chance.ts'
import { emptyProject, publishTable } from './lake-rig.ts'

const columns = [{ name: 'id', type: 'BIGINT', nullable: false }]
const one = ['silver.trips']
const both = ['silver.rejects', 'silver.trips']

const put = (root: string, table: string, id: number, step: readonly string[]) =>
  publishTable(root, table, columns, `SELECT ${id}::BIGINT AS id`, { step })

/** Three versions of a table that a step writes alone. */
async function threeVersions(): Promise<string> {
  const root = await emptyProject()
  for (const id of [1, 2, 3]) await put(root, 'silver.trips', id, one)
  return root
}

async function idsIn(root: string, table: string): Promise<unknown[]> {
  const lake = await openLake({ projectRoot: root })
  try {
    const rows: unknown[] = []
    for await (const { id } of lake.table(table).rows()) rows.push(Number(id))
    return rows
  } finally {
    await lake.close()
  }
}

async function headsOf(root: string) {
  const lake = await openLake({ projectRoot: root })
  try {
    return (await lake.tables()).map(({ name, seq, held }) => `${name}@${seq}${held ? ' held' : ''}`)
  } finally {
    await lake.close()
  }
}

async function problemOf(promise: Promise<unknown>): Promise<string> {
  const thrown = await promise.then(
    () => new Error('it resolved'),
    (error: unknown) => error,
  )
  const problems = problemsOf(thrown)
  if (problems === undefined) throw thrown
  return problems.map(({ code, message, hint }) => `${code}: ${message}; ${hint ?? ''}`).join('\n')
}

test('a restored version is the head again under a new number, and held until it is released', async () => {
  const root = await threeVersions()
  const { commit, tables } = await restore(one, { projectRoot: root, to: '1' })
  expect(commit).toBe(4)
  expect(tables).toMatchObject([{ table: 'silver.trips', from: 1, seq: 4, moved: true, held: true }])
  expect(await idsIn(root, 'silver.trips')).toEqual([1])
  expect(await idsIn(root, 'silver.trips@3')).toEqual([3])
  expect(await headsOf(root)).toEqual(['silver.trips@4 held'])
  expect(await release(one, { projectRoot: root })).toMatchObject({ commit: 5, released: one, free: [] })
  expect(await headsOf(root)).toEqual(['silver.trips@4'])
  expect(await release(one, { projectRoot: root })).toEqual({ env: 'dev', released: [], free: one })
})

test('a time, an id and a commit name versions too', async () => {
  const root = await threeVersions()
  const lake = await openLake({ projectRoot: root })
  const { version } = await lake.table('silver.trips@2').info()
  const [, second] = [...(await history(lake))].toReversed()
  await lake.close()
  await restore([`silver.trips@${version}`], { projectRoot: root })
  expect(await idsIn(root, 'silver.trips')).toEqual([2])
  await restore(one, { projectRoot: root, toCommit: 1 })
  expect(await idsIn(root, 'silver.trips')).toEqual([1])
  await restore(one, { projectRoot: root, to: second?.at ?? '' })
  expect(await idsIn(root, 'silver.trips')).toEqual([2])
})

async function history(lake: Awaited<ReturnType<typeof openLake>>) {
  const entries: { readonly at: string }[] = []
  for await (const entry of lake.history('silver.trips')) entries.push(entry)
  return entries
}

test('what is the head already is left alone, and nothing is committed', async () => {
  const root = await threeVersions()
  const { commit, tables } = await restore(one, { projectRoot: root, to: '3' })
  expect([commit, tables[0]?.moved, tables[0]?.seq]).toEqual([undefined, false, 3])
  expect(await headsOf(root)).toEqual(['silver.trips@3'])
})

test('all outputs of a step go back together, to one commit', async () => {
  const root = await emptyProject()
  for (const id of [1, 2]) for (const table of both) await put(root, table, id, both)
  // Commits 1 to 4: rejects@1, trips@1, rejects@2, trips@2.
  const { tables } = await restore(['silver.trips'], { projectRoot: root, to: '1' })
  expect(tables.map(({ table, along, seq }) => [table, along, seq])).toEqual([
    ['silver.trips', false, 3],
    ['silver.rejects', true, 3],
  ])
  expect(await idsIn(root, 'silver.rejects')).toEqual([1])
  expect(await headsOf(root)).toEqual(['silver.rejects@3 held', 'silver.trips@3 held'])
  expect(await problemOf(restore(['silver.trips@2', 'silver.rejects@1'], { projectRoot: root }))).toContain(
    "one step writes 'silver.rejects' and 'silver.trips': they cannot go to commit 4 and to commit 1 at once",
  )
  expect((await release(['silver.rejects'], { projectRoot: root })).released.toSorted()).toEqual(both)
})

test('a commit without tables means all that stood at it', async () => {
  const root = await emptyProject()
  for (const table of ['bronze.a', 'bronze.b']) for (const id of [1, 2]) await put(root, table, id, [table])
  const { tables } = await restore([], { projectRoot: root, toCommit: 3 })
  expect(tables.map(({ table, moved }) => [table, moved])).toEqual([
    ['bronze.a', false],
    ['bronze.b', true],
  ])
  expect([await idsIn(root, 'bronze.a'), await idsIn(root, 'bronze.b')]).toEqual([[2], [1]])
})

test('a damaged or deleted version is refused, with the versions that there are', async () => {
  const root = await threeVersions()
  const folder = path.join(root, 'storage/lake')
  const [first = '', second = ''] = (await keysIn(folder)).filter((key) => key.endsWith('.parquet'))
  await harm(path.join(folder, first), flipped(randomFrom(1)))
  expect(await problemOf(restore(one, { projectRoot: root, to: '1' }))).toMatch(
    /^storage\/corrupt: '.*' is damaged: its content is not what was written.*; there are: silver\.trips@3, silver\.trips@2$/,
  )
  await rm(path.dirname(path.join(folder, second)), { recursive: true })
  expect(await problemOf(restore(one, { projectRoot: root, to: '2' }))).toContain(
    "storage/version-unknown: 'silver.trips@2' was deleted by `sluice gc`: it cannot be restored; there are: silver.trips@3, silver.trips@1",
  )
  expect(await headsOf(root)).toEqual(['silver.trips@3'])
})

test('a version that a cleaning is about to delete is refused', async () => {
  const root = await threeVersions()
  const storage = localStorage(path.join(root, 'storage/lake'))
  const lake = await lakeIn(storage)
  const keys = (await keysIn(path.join(root, 'storage/lake'))).filter((key) => key.startsWith('tables/'))
  await writePlan(
    storage,
    { format: 1, id: '01k00000000000000000000000', at: '', keys, commits: {} },
    lake.clock.pause,
  )
  await lake.close()
  expect(await problemOf(restore(one, { projectRoot: root, to: '1' }))).toContain(
    'a cleaning deletes the version',
  )
  expect(await headsOf(root)).toEqual(['silver.trips@3'])
})

test('a protected environment takes neither unless it is said', async () => {
  const projectRoot = await emptyProject()
  await writeFile(path.join(projectRoot, 'sluice.yaml'), 'env: dev\nprotected: [prod]\n')
  for (const id of [1, 2])
    await publishTable(projectRoot, 'silver.trips', columns, `SELECT ${id}::BIGINT AS id`, {
      env: 'prod',
      step: one,
    })
  const prod = { projectRoot, env: 'prod' }
  expect(await problemOf(restore(one, { ...prod, to: '1' }))).toContain('env/protected: ')
  const { tables } = await restore(one, { ...prod, to: '1', allowProtected: true })
  expect(tables).toMatchObject([{ seq: 3, held: true }])
  expect(await problemOf(release(one, prod))).toContain('env/protected: ')
  expect((await release(one, { ...prod, allowProtected: true })).released).toEqual(one)
})

const mistakes: readonly [string, readonly string[], object, string][] = [
  ['no version', one, {}, "project/usage: to which version is 'silver.trips' to go back?"],
  ['two versions', ['silver.trips@1'], { to: '2' }, "project/usage: 'silver.trips@1' names a version"],
  [
    'a version and a commit',
    one,
    { to: '1', toCommit: 1 },
    'project/usage: say --to or --to-commit, not both',
  ],
  ['no table', [], { to: '1' }, 'project/usage: no table is named'],
  ['another name', ['silver.trip'], { to: '1' }, "did you mean 'silver.trips'?"],
  ['a version that never was', one, { to: '9' }, 'storage/version-unknown: '],
  ['a commit that never was', one, { toCommit: 9 }, "environment 'dev' has no commit 9; its last is 3"],
  [
    'what is no version',
    one,
    { to: 'soon' },
    "'silver.trips@soon': what stands after @ is no version number",
  ],
]
test.each(mistakes)('%s is told', async (_, tables, options, told) => {
  const root = await threeVersions()
  expect(await problemOf(restore(tables, { projectRoot: root, ...options }))).toContain(told)
})
