import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { collectGarbage } from '../../src/lake/gc.ts'
import { createEnvironment, deleteEnvironment } from '../../src/run/env-create.ts'
import { diffEnvironments } from '../../src/run/env-diff.ts'
import { environments } from '../../src/run/env-list.ts'
import { updateEnvironment } from '../../src/run/env-update.ts'
import { emptyProject, publishTable } from './lake-rig.ts'
import { lakeOf } from './step-rig.ts'

const columns = [{ name: 'id', type: 'BIGINT', nullable: false }]
const rows = (count: number) => `SELECT i::BIGINT AS id FROM range(${count}) r(i)`

/** Sets tables of an environment to new versions, with as many rows. */
async function set(projectRoot: string, env: string, tables: { readonly [table: string]: number }) {
  for (const [table, count] of Object.entries(tables))
    await publishTable(projectRoot, table, columns, rows(count), { env })
}

async function problems(work: Promise<unknown>): Promise<string[]> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  return (problemsOf(thrown) ?? []).map(({ code, message }) => `${code}: ${message}`)
}

test('an environment is begun, listed, compared and deleted', async () => {
  const projectRoot = await emptyProject()
  await set(projectRoot, 'prod', { a: 1, b: 2 })
  expect(await createEnvironment('dev', { projectRoot })).toEqual({
    env: 'dev',
    commit: 1,
    from: 'prod',
    fromCommit: 2,
    tables: 2,
  })
  await set(projectRoot, 'dev', { b: 3, c: 4 })
  const list = await environments({ projectRoot })
  expect(list.map(({ name, commit, tables, current }) => [name, commit, tables, current])).toEqual([
    ['dev', 3, 3, true],
    ['prod', 2, 2, false],
  ])
  const { tables } = await diffEnvironments('prod', 'dev', { projectRoot })
  expect(tables.map(({ table, is, before, after }) => [table, is, before?.rows, after?.rows])).toEqual([
    ['a', 'same', 1, 1],
    ['b', 'other', 2, 3],
    ['c', 'only-after', undefined, 4],
  ])
  expect(await deleteEnvironment('dev', { projectRoot })).toBe(3)
  expect((await environments({ projectRoot })).map(({ name }) => name)).toEqual(['prod'])
})

test('what only the other one changed is taken over, what this one changed is kept', async () => {
  const projectRoot = await emptyProject()
  await set(projectRoot, 'prod', { theirs: 1, ours: 1, both: 1, still: 1 })
  await createEnvironment('dev', { projectRoot })
  await set(projectRoot, 'dev', { ours: 2, both: 2 })
  await set(projectRoot, 'prod', { theirs: 3, both: 3, fresh: 3 })
  expect(await updateEnvironment('dev', { projectRoot })).toEqual({
    env: 'dev',
    from: 'prod',
    fromCommit: 7,
    commit: 4,
    taken: ['fresh', 'theirs'],
    kept: ['both'],
  })
  const { tables } = await diffEnvironments('prod', 'dev', { projectRoot })
  expect(tables.flatMap(({ table, is }) => (is === 'same' ? [table] : []))).toEqual([
    'fresh',
    'still',
    'theirs',
  ])
  expect(await updateEnvironment('dev', { projectRoot })).toMatchObject({ taken: [], kept: [] })
})

test('a cleaning keeps what any environment points to, and what is deleted goes', async () => {
  const projectRoot = await emptyProject()
  await set(projectRoot, 'prod', { a: 1 })
  await createEnvironment('dev', { projectRoot })
  await set(projectRoot, 'prod', { a: 2 })
  const clean = async () => {
    const lake = await lakeOf(projectRoot)
    const rules = { retain: 0, grace: 0, keepRuns: 0, dryRun: false }
    const { tables } = await collectGarbage(lake, rules)
    await lake.close()
    return tables.map(({ table, versions }) => [table, versions])
  }
  expect(await clean()).toEqual([])
  await deleteEnvironment('dev', { projectRoot })
  expect(await clean()).toEqual([['a', 1]])
})

test('what cannot be done is told, and changes nothing', async () => {
  const projectRoot = await emptyProject()
  expect(await problems(createEnvironment('dev', { projectRoot }))).toEqual([
    expect.stringContaining('project/unknown: there are no environments yet'),
  ])
  await set(projectRoot, 'prod', { a: 1 })
  await set(projectRoot, 'dev', { a: 1 })
  expect(await problems(createEnvironment('dev', { projectRoot }))).toEqual([
    "env/exists: there is an environment 'dev' already",
  ])
  expect(await problems(createEnvironment('x', { projectRoot, from: 'prd' }))).toEqual([
    expect.stringContaining("project/unknown: there is no environment 'prd'"),
  ])
  expect(await problems(createEnvironment('a/b', { projectRoot }))).toEqual([
    expect.stringContaining('project/name-invalid'),
  ])
  expect(await problems(deleteEnvironment('prod', { projectRoot }))).toEqual([
    "env/protected: the environment 'prod' is protected: it cannot be deleted",
  ])
  expect(await problems(updateEnvironment('prod', { projectRoot, from: 'dev' }))).toEqual([
    "env/protected: the environment 'prod' is protected: it cannot be brought up to another",
  ])
  await writeFile(path.join(projectRoot, 'sluice.yaml'), 'env: dev\nprotected: []\npromoteOnly: [prod]\n')
  expect(await problems(deleteEnvironment('prod', { projectRoot }))).toHaveLength(1)
  expect(await environments({ projectRoot })).toMatchObject([{ name: 'dev' }, { promoteOnly: true }])
})
