import { writeFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { EnvState } from '../../src/lake/types.ts'
import { createEnvironment } from '../../src/run/env-create.ts'
import { rollback } from '../../src/run/rollback.ts'
import { emptyProject } from './lake-rig.ts'
import { lakeOf, stepRan } from './step-rig.ts'

async function stateOf(root: string, at?: number): Promise<EnvState> {
  const lake = await lakeOf(root)
  try {
    return await lake.env('prod').state(at)
  } finally {
    await lake.close()
  }
}

const versions = ({ heads }: EnvState) =>
  Object.fromEntries(Array.from(heads, ([table, { version }]) => [table, version]))

async function history(): Promise<string> {
  const root = await emptyProject()
  await stepRan(root, 'prod', { writes: ['raw'] })
  await stepRan(root, 'prod', { writes: ['clean'], reads: ['raw'] })
  await stepRan(root, 'prod', { writes: ['raw'] })
  await stepRan(root, 'prod', { writes: ['clean'], reads: ['raw'], code: 'c2' })
  await stepRan(root, 'prod', { writes: ['report'], reads: ['clean'] })
  return root
}

test('one commit makes all tables what they were, and those are held', async () => {
  const root = await history()
  const { outcome, commit, plan } = await rollback('prod', { projectRoot: root, to: 2 })
  expect([outcome, commit, plan.again]).toEqual(['rolled-back', 6, ['step_report']])
  expect(plan.tables.map(({ table, before, after }) => [table, before?.seq, after?.seq])).toEqual([
    ['clean', 2, 1],
    ['raw', 2, 1],
    ['report', 1, undefined],
  ])
  const [now, then] = [await stateOf(root), await stateOf(root, 2)]
  expect(versions(now)).toEqual(versions(then))
  // The record is that of the code of now: only other code may run.
  expect(now.steps.get('clean')).toMatchObject({
    parts: { code: 'c2' },
    held: { clean: then.heads.get('clean')?.version },
    from: { env: 'prod', commit: 4 },
  })
  expect((await rollback('prod', { projectRoot: root, to: 2 })).outcome).toBe('nothing')
})

test('a rollback can be rolled back, as history stays', async () => {
  const root = await history()
  await rollback('prod', { projectRoot: root, to: 2 })
  await rollback('prod', { projectRoot: root, to: 5 })
  expect(versions(await stateOf(root))).toEqual(versions(await stateOf(root, 5)))
})

test('without a hold the records are those of then, so that runs judge as they did', async () => {
  const root = await history()
  await rollback('prod', { projectRoot: root, to: 2, hold: false })
  const [now, then] = [await stateOf(root), await stateOf(root, 2)]
  expect(versions(now)).toEqual(versions(then))
  expect([...now.steps.keys()]).toEqual(['raw', 'clean'])
  expect(now.steps.get('clean')?.fingerprint).toBe(then.steps.get('clean')?.fingerprint)
  expect(now.steps.get('clean')?.held).toBeUndefined()
})

test('versions that are damaged or deleted are told, and nothing is done', async () => {
  const root = await history()
  const then = await stateOf(root, 2)
  const keyOf = (table: string) => then.heads.get(table)?.files[0]?.key ?? ''
  await writeFile(path.join(root, 'storage/lake', keyOf('raw')), 'y'.repeat(26))
  const folder = path.dirname(path.join(root, 'storage/lake', keyOf('clean')))
  await rm(folder, { recursive: true })
  const { outcome, plan } = await rollback('prod', { projectRoot: root, to: 2 })
  expect(outcome).toBe('refused')
  expect(plan.problems).toMatchObject([
    { code: 'storage/version-unknown', message: expect.stringContaining("'clean@1'") as unknown },
    { code: 'storage/corrupt' },
  ])
  expect((await stateOf(root)).commit).toBe(5)
})

test('a look and a declined question do nothing; a fork keeps what it has', async () => {
  const root = await history()
  await createEnvironment('dev', { projectRoot: root, from: 'prod' })
  expect((await rollback('prod', { projectRoot: root, to: 2, dryRun: true })).outcome).toBe('planned')
  const no = { confirm: () => Promise.resolve(false) }
  expect((await rollback('prod', { projectRoot: root, to: 2, ...no })).outcome).toBe('declined')
  expect((await stateOf(root)).commit).toBe(5)
})
