import { readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'

/**
 * A run with nothing to do keeps what it found, and the next one tells by stats alone. Files must be older than
 * a tick of the file system's clock for that, so each case waits for the clock.
 */
const fresh = { ingest: 'fresh', totals: 'fresh', report: 'fresh' }
const tick = 2100

let rig: Rig
beforeAll(async () => {
  rig = await Rig.open(smallFlow)
  expect((await rig.run()).code).toBe(0)
}, 60_000)
afterAll(() => rig.close())

/** Runs until what there is to keep is kept. */
async function rest(): Promise<void> {
  await rm(rig.path('.sluice/rest'), { recursive: true, force: true })
  await wait(tick)
  expect((await rig.run()).outcomes).toEqual(fresh)
  expect((await rig.run()).outcomes).toEqual(fresh)
  expect(await readdir(rig.path('.sluice/rest'))).toHaveLength(1)
}

const back: (() => Promise<void>)[] = []
const edit = async (file: string, from: string, to: string) => {
  await rig.edit(file, from, to)
  back.push(() => rig.edit(file, to, from))
}

const cases: readonly [string, () => Promise<void>, Readonly<Record<string, string>>][] = [
  [
    'an edit of a notebook',
    () => edit('notebooks/silver/totals.ts', 'sum(amount)', 'max(amount)'),
    { totals: 'ran' },
  ],
  [
    'an edit of a shared module',
    () => edit('notebooks/shared/text.ts', 'upper(${', 'lower(${'),
    { totals: 'ran' },
  ],
  ['an edit of the flow', () => edit('flows/sales.ts', 'least: 1', 'least: 8'), { totals: 'ran' }],
  ['an edit of a source', () => edit('data/sales.csv', '20.00', '30.00'), { ingest: 'ran' }],
  [
    'a new file behind a glob',
    async () => {
      await rig.write({ 'data/more.csv': 'id,region,amount,note\n8,east,9.00,\n' })
      back.push(() => rig.remove('data/more.csv'))
    },
    { ingest: 'ran' },
  ],
  [
    'an output that is gone',
    async () => {
      const { out } = await rig.sluice('path', 'gold.report')
      await rename(out.trim(), `${out.trim()}.away`)
    },
    { report: 'ran' },
  ],
  [
    'a commit of another run',
    async () => {
      expect((await rig.run('--arg', 'least=15')).outcomes['totals']).toBe('ran')
    },
    { totals: 'ran' },
  ],
  [
    'a link that leads elsewhere',
    async () => {
      await rename(rig.path('data/sales.csv'), rig.path('data.csv'))
      await writeFile(rig.path('other.csv'), 'id,region,amount,note\n5,west,70.00,z\n')
      await symlink(rig.path('other.csv'), rig.path('data/sales.csv'))
      back.push(async () => {
        await rm(rig.path('data/sales.csv'))
        await rename(rig.path('data.csv'), rig.path('data/sales.csv'))
      })
    },
    { ingest: 'ran' },
  ],
]

describe('a run that told by stats that nothing is to be done', () => {
  it.each(cases)('is followed by one that sees %s', async (_, change, expected) => {
    await rest()
    await change()
    expect((await rig.run('--no-cache')).outcomes).toMatchObject(expected)
    for (const each of back.splice(0)) await each()
    const after = await rig.run()
    expect(after.code, after.out + after.err).toBe(0)
  })
})
