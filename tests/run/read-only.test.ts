import { execFileSync } from 'node:child_process'
import { chmod } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { closeAll } from '../../src/run/close-all.ts'
import { Rig } from './rig.ts'
import { smallFlow } from './small-flow.ts'

let rig: Rig | undefined
afterEach(() => rig?.close())

/** Permissions do not bind the superuser, and Windows has others. */
const unbound = process.platform === 'win32' || process.getuid?.() === 0
if (unbound)
  console.warn('left out: projects that may only be read, since permissions do not bind the superuser')

describe.skipIf(unbound)('a project that may only be read', () => {
  const open = async (): Promise<Rig> => {
    const made = await Rig.open(smallFlow)
    rig = made
    expect((await made.run()).code).toBe(0)
    await made.sluice('plan')
    execFileSync('chmod', ['-R', 'a-w', made.folder])
    return made
  }
  afterEach(() => rig && execFileSync('chmod', ['-R', 'u+w', rig.folder]))

  it.each([
    [['run']],
    [['plan']],
    [['tables', '--digest']],
    [['show', 'silver.totals']],
    [['query', 'SELECT count(*) AS n FROM silver.totals']],
    [['explain', 'totals']],
    [['lineage']],
    [['log']],
    [['run', 'silver/totals', '--sample', '2']],
  ])('can be looked at by %j', async (words) => {
    const { code, err } = await (await open()).sluice(...words)
    expect([code, err]).toEqual([0, ''])
  })

  it('tells a run that would write, and ends', async () => {
    const { code, err, out } = await (await open()).sluice('run', '--force')
    expect([code, err]).toEqual([1, ''])
    expect(out).toContain('permission denied (EACCES) [storage/unavailable]')
  })

  it('tells which file of a source may not be read', async () => {
    const made = await Rig.open(smallFlow)
    rig = made
    await chmod(made.path('data/sales.csv'), 0o000)
    for (const command of ['run', 'plan']) {
      const { code, err } = await made.sluice(command)
      expect([code, err]).toEqual([
        2,
        "data/sales.csv: source 'data/*.csv': data/sales.csv cannot be read: permission denied [source/unreadable]\n",
      ])
    }
  })
})

it('tells a source that is a folder', async () => {
  rig = await Rig.open(smallFlow)
  await rig.edit('notebooks/bronze/ingest.ts', `'data/*.csv'`, `'data'`)
  const { code, err } = await rig.sluice('run')
  expect([code, err]).toEqual([
    2,
    "data: source 'data': data cannot be read: it is a folder [source/unreadable]\n  hint: name its files: 'data/*'\n",
  ])
})

it('closes all, also when one of them throws, and tells the first error', async () => {
  const closed: string[] = []
  const thing = (name: string, error?: Error) => ({
    close: () => {
      closed.push(name)
      return error ? Promise.reject(error) : Promise.resolve()
    },
  })
  const all = closeAll(thing('a'), thing('b', new Error('b')), thing('c', new Error('c')), thing('d'))
  await expect(all).rejects.toThrow('b')
  expect(closed).toEqual(['a', 'b', 'c', 'd'])
})
