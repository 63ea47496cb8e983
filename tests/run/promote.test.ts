import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { createEnvironment } from '../../src/run/env-create.ts'
import { diffEnvironments } from '../../src/run/env-diff.ts'
import { updateEnvironment } from '../../src/run/env-update.ts'
import { promote, type PromoteOptions, type PromoteResult } from '../../src/run/promote.ts'
import { restore } from '../../src/run/restore.ts'
import { rollback } from '../../src/run/rollback.ts'
import { emptyProject } from './lake-rig.ts'
import { lakeOf, stepRan } from './step-rig.ts'

/** A project whose `prod` has `raw`, `clean` from it, and `report` from that; `dev` was begun from it. */
async function forked(): Promise<string> {
  const root = await emptyProject()
  await stepRan(root, 'prod', { writes: ['raw'] })
  await stepRan(root, 'prod', { writes: ['clean'], reads: ['raw'] })
  await stepRan(root, 'prod', { writes: ['report'], reads: ['clean'] })
  await createEnvironment('dev', { projectRoot: root, from: 'prod' })
  return root
}

function toProd(root: string, options: PromoteOptions = {}): Promise<PromoteResult> {
  return promote('dev', 'prod', { projectRoot: root, examples: false, ...options })
}

/** Which tables are the same versions in `prod` and `dev`. */
async function sameTables(root: string): Promise<string[]> {
  const { tables } = await diffEnvironments('prod', 'dev', { projectRoot: root })
  return tables.flatMap(({ table, is }) => (is === 'same' ? [table] : []))
}

const codes = ({ plan }: PromoteResult) => plan.problems.map(({ code }) => code)

test('one commit sets all heads and records that differ, and copies nothing', async () => {
  const root = await forked()
  await stepRan(root, 'dev', { writes: ['clean'], reads: ['raw'], code: 'c2' })
  const dev = await stepRan(root, 'dev', { writes: ['report'], reads: ['clean'] })
  const { outcome, plan, commit } = await toProd(root)
  expect([outcome, commit, plan.tables.map(({ table, is }) => [table, is])]).toEqual([
    'promoted',
    4,
    [
      ['clean', 'changed'],
      ['report', 'changed'],
    ],
  ])
  const lake = await lakeOf(root)
  const prod = await lake.env('prod').state()
  expect(prod.heads.get('report')?.version).toBe(dev.heads.get('report')?.version)
  expect(prod.steps.get('clean')).toMatchObject({ parts: { code: 'c2' }, from: { env: 'dev', commit: 2 } })
  expect(await lake.env('prod').entry(4)).toMatchObject({
    kind: 'promote',
    source: { env: 'dev', commit: 3 },
  })
  await lake.close()
  expect((await toProd(root)).outcome).toBe('nothing')
})

test('a set whose inputs the target would not hold is refused, with the tables that would do', async () => {
  const root = await forked()
  await stepRan(root, 'dev', { writes: ['raw'] })
  await stepRan(root, 'dev', { writes: ['clean'], reads: ['raw'] })
  await stepRan(root, 'dev', { writes: ['report'], reads: ['clean'] })
  const refused = await toProd(root, { tables: ['report'] })
  expect(refused.outcome).toBe('refused')
  expect(refused.plan.problems).toMatchObject([
    {
      code: 'promote/inputs-missing',
      message: "what is promoted was computed from versions that 'prod' would not hold: clean",
      related: [{ message: "step 'step_report' was computed from clean dev@2; 'prod' has @1" }],
      hint: 'promote them too: sluice promote dev --to prod --tables clean,raw,report',
    },
  ])
  expect(await sameTables(root)).toEqual([])
  expect((await toProd(root, { tables: ['clean', 'raw'] })).plan.stale).toEqual([
    { step: 'step_report', table: 'clean' },
  ])
  expect(await sameTables(root)).toEqual(['clean', 'raw'])
})

test('what the source itself has gone on from is refused', async () => {
  const root = await forked()
  await stepRan(root, 'dev', { writes: ['clean'], reads: ['raw'], code: 'c2' })
  await stepRan(root, 'dev', { writes: ['raw'] })
  expect(codes(await toProd(root))).toEqual(['promote/source-stale'])
  // Alone it is true of what `prod` has.
  expect((await toProd(root, { tables: ['clean'] })).outcome).toBe('promoted')
})

test('a table that was not there when a step ran, and is in the target, is told', async () => {
  const root = await forked()
  await stepRan(root, 'dev', { writes: ['joined'], reads: ['clean'], absent: ['raw'] })
  expect(codes(await toProd(root))).toEqual(['promote/source-stale'])
})

test('a step that was forgiven for a later input is true of the earlier one too', async () => {
  const root = await forked()
  const lake = await lakeOf(root)
  const old = (await lake.env('prod').state()).heads.get('clean')?.version ?? ''
  await lake.close()
  const later = await stepRan(root, 'dev', { writes: ['clean'], reads: ['raw'], code: 'c2' })
  const now = later.heads.get('clean')?.version ?? ''
  const accepted = [{ input: 'clean', from: old, to: now, columns: ['id'], digest: 'd' }]
  await stepRan(root, 'dev', { writes: ['report'], reads: ['clean'], code: 'c2', accepted })
  expect((await toProd(root, { tables: ['report'] })).outcome).toBe('promoted')
  const again = await lakeOf(root)
  const record = (await again.env('prod').state()).steps.get('report')
  expect(record?.parts).toMatchObject({ code: 'c2', 'input:clean': `clean@${old}` })
  await again.close()
})

test('all that a step writes is promoted together', async () => {
  const root = await forked()
  await stepRan(root, 'dev', { writes: ['one', 'two'], reads: ['raw'] })
  const { plan } = await toProd(root, { tables: ['one'] })
  expect(plan.tables.map(({ table, along }) => [table, along])).toEqual([
    ['one', false],
    ['two', true],
  ])
})

test('a target that has changed since the fork is refused, until the source is brought up to it', async () => {
  const root = await forked()
  await stepRan(root, 'dev', { writes: ['clean'], reads: ['raw'], code: 'c2' })
  await stepRan(root, 'prod', { writes: ['clean'], reads: ['raw'] })
  const refused = await toProd(root, { tables: ['clean'] })
  expect(refused.plan.problems).toMatchObject([
    {
      code: 'promote/target-moved',
      related: [
        {
          message: expect.stringContaining(
            'clean: prod@2, by commit 4 (publish of step step_clean',
          ) as unknown,
        },
      ],
    },
  ])
  expect(await updateEnvironment('dev', { projectRoot: root })).toMatchObject({ kept: ['clean'] })
  expect((await toProd(root, { tables: ['clean'] })).outcome).toBe('promoted')
})

test('what was promoted before may be promoted over, what was rolled back may not', async () => {
  const root = await forked()
  for (const code of ['c2', 'c3']) {
    await stepRan(root, 'dev', { writes: ['clean'], reads: ['raw'], code })
    expect((await toProd(root, { tables: ['clean'] })).outcome).toBe('promoted')
  }
  await rollback('prod', { projectRoot: root, to: 3 })
  expect(codes(await toProd(root, { tables: ['clean'] }))).toEqual(['promote/target-moved'])
})

test('a table that a rollback took away is not brought back', async () => {
  const root = await forked()
  await stepRan(root, 'dev', { writes: ['extra'], reads: ['raw'] })
  expect((await toProd(root)).outcome).toBe('promoted')
  await rollback('prod', { projectRoot: root, to: 3 })
  const refused = await toProd(root)
  expect(codes(refused)).toEqual(['promote/target-moved'])
  expect(refused.plan.problems[0]?.related).toEqual([{ message: 'extra was removed by commit 5 (rollback)' }])
})

test('environments that were begun apart do not overwrite each other', async () => {
  const root = await emptyProject()
  await stepRan(root, 'prod', { writes: ['raw'] })
  await stepRan(root, 'dev', { writes: ['raw'] })
  await stepRan(root, 'dev', { writes: ['more'] })
  expect(codes(await toProd(root))).toEqual(['promote/target-moved'])
  expect((await toProd(root, { tables: ['more'] })).outcome).toBe('promoted')
})

test('args that somebody typed and damage are refused', async () => {
  const root = await forked()
  await stepRan(root, 'dev', { writes: ['clean'], reads: ['raw'], meta: { overrides: ['least'] } })
  const damaged = await stepRan(root, 'dev', { writes: ['other'] })
  const file = path.join(root, 'storage/lake', damaged.heads.get('other')?.files[0]?.key ?? '')
  await writeFile(file, 'x'.repeat(26))
  expect(codes(await toProd(root))).toEqual(['promote/overrides', 'storage/corrupt'])
})

test('a restored table is refused: its step did not compute what stands there', async () => {
  const root = await forked()
  for (const code of ['c2', 'c3']) await stepRan(root, 'dev', { writes: ['clean'], reads: ['raw'], code })
  await restore(['clean'], { projectRoot: root, env: 'dev', toCommit: 2 })
  expect(codes(await toProd(root, { tables: ['clean'] }))).toEqual(['promote/held'])
})

test('nothing is done by a look, nor when it is declined', async () => {
  const root = await forked()
  await stepRan(root, 'dev', { writes: ['clean'], reads: ['raw'], code: 'c2' })
  const tables = ['clean']
  expect((await toProd(root, { tables, dryRun: true })).outcome).toBe('planned')
  expect((await toProd(root, { tables, confirm: () => Promise.resolve(false) })).outcome).toBe('declined')
  expect(await sameTables(root)).toEqual(['raw', 'report'])
})

test('a commit to the target while people think is seen, unless it is about other tables', async () => {
  const root = await forked()
  await stepRan(root, 'dev', { writes: ['clean'], reads: ['raw'], code: 'c2' })
  const tables = ['clean']
  const meanwhile = (table: string) => async () => {
    await stepRan(root, 'prod', { writes: [table] })
    return true
  }
  const lost: unknown = await toProd(root, { tables, confirm: meanwhile('raw') }).catch(
    (error: unknown) => error,
  )
  expect(problemsOf(lost)).toMatchObject([{ code: 'storage/commit-conflict' }])
  await updateEnvironment('dev', { projectRoot: root })
  await stepRan(root, 'dev', { writes: ['clean'], reads: ['raw'], code: 'c3' })
  expect((await toProd(root, { tables, confirm: meanwhile('unrelated') })).outcome).toBe('promoted')
})

test('an environment of a mistyped name is not made', async () => {
  const root = await forked()
  const thrown: unknown = await promote('dev', 'prd', { projectRoot: root }).catch((error: unknown) => error)
  expect(problemsOf(thrown)).toMatchObject([{ code: 'project/unknown', hint: "did you mean 'prod'?" }])
})
