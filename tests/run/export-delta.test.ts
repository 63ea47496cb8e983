import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createEnvironment } from '../../src/run/env-create.ts'
import { exportDelta } from '../../src/run/export-delta.ts'
import { promote } from '../../src/run/promote.ts'
import { restore } from '../../src/run/restore.ts'
import { rollback } from '../../src/run/rollback.ts'
import { layout } from '../../src/storage/layout.ts'
import { sluice } from '../cli/rig.ts'
import { emptyProject, publishTable } from './lake-rig.ts'
import { lakeOf, stepRan } from './step-rig.ts'

const columns = [{ name: 'id', type: 'INTEGER', nullable: false }]

async function versions(root: string): Promise<number> {
  const folder = path.join(root, 'storage/lake/tables/notebooks/silver/trips/silver.trips/_delta_log')
  return (await readdir(folder)).length
}

async function published(times: number): Promise<string> {
  const root = await emptyProject()
  for (let i = 1; i <= times; i++)
    await publishTable(root, 'silver.trips', columns, `SELECT ${i} AS id`, { env: 'prod' })
  return root
}

test('a restore in the default environment is exported at once', async () => {
  const root = await published(2)
  await exportDelta({ projectRoot: root })
  expect(await versions(root)).toBe(3)
  await restore(['silver.trips@1'], { projectRoot: root, env: 'prod', allowProtected: true })
  expect(await versions(root)).toBe(4)
})

test('so are a promote into it, and a rollback of it', async () => {
  const root = await emptyProject()
  await stepRan(root, 'prod', { writes: ['raw'] })
  await createEnvironment('dev', { projectRoot: root, from: 'prod' })
  await stepRan(root, 'dev', { writes: ['raw'] })
  const exported = async () => (await (await lakeOf(root)).storage.get(layout.deltaCursor('prod')))?.length
  expect(await exported()).toBeUndefined()
  const { outcome, commit } = await promote('dev', 'prod', { projectRoot: root, examples: false })
  expect(outcome).toBe('promoted')
  const now = await exportDelta({ projectRoot: root })
  expect(now).toMatchObject({ commit, written: 0, tables: {} })
  const back = await rollback('prod', { projectRoot: root, to: (commit ?? 0) - 1 })
  expect(back.outcome).toBe('rolled-back')
  expect(await exportDelta({ projectRoot: root })).toMatchObject({ commit: back.commit, written: 0 })
})

test('a damaged log is told', async () => {
  const root = await published(2)
  await writeFile(path.join(root, 'storage/lake/env/prod/log/00000000000000000001.json'), 'x')
  await expect(exportDelta({ projectRoot: root })).rejects.toThrow('storage/corrupt')
})

test('export delta says what it did, from where, and what there is to export', async () => {
  const none = await sluice(['export', 'delta'], { cwd: await emptyProject() })
  expect(none).toMatchObject({ code: 0, stderr: 'There is no lake yet: `sluice run` creates it.\n' })
  const root = await published(1)
  const told = async (...words: string[]) =>
    (await sluice(['export', 'delta', ...words], { cwd: root })).stdout
  expect(await told()).toBe("Exported 1 table of 'prod' as of commit 1: 2 versions written.\n")
  expect(await told()).toBe("The Delta logs of 'prod' are up to date, as of commit 1.\n")
  expect(JSON.parse(await told('--again', '--json'))).toMatchObject({
    env: 'prod',
    commit: 1,
    tables: { 'silver.trips': 1 },
    written: 0,
    problems: [],
  })
  expect(await sluice(['export'], { cwd: root })).toMatchObject({ code: 2 })
})
