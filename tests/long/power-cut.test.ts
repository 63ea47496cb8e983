import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLake } from '../../src/lake/lake.ts'
import { localStorage } from '../../src/storage/local.ts'
import { layout } from '../../src/storage/layout.ts'
import { Lane, type Scenario } from '../crash/lane.ts'
import { unsafeCommits, type Named } from '../crash/power-cut.ts'
import { recorded, type FsCall } from '../crash/record.ts'

let lane: Lane
beforeAll(async () => {
  lane = await Lane.open()
})
afterAll(() => lane.close())

/** The commits of the lake, with the files that each of them brought. */
async function commitsOf(folder: string, after: number): Promise<Named[]> {
  const root = path.join(folder, 'storage/lake')
  const lake = await openLake(localStorage(root), { create: false })
  const commits: Named[] = []
  for await (const { number, heads } of lake.env('dev').history()) {
    if (number <= after) continue
    const keys = Object.values(heads).flatMap((head) =>
      head ? [head.manifest, ...head.files.map(({ key }) => key)] : [],
    )
    const pathOf = (key: string) => path.join(root, key)
    commits.push({ commit: pathOf(layout.log('dev', number)), files: keys.map(pathOf) })
  }
  await lake.close()
  return commits
}

describe.each<readonly [Scenario, number]>([
  ['first', 0],
  ['second', 4],
])('in the %s run', (scenario, before) => {
  let calls: readonly FsCall[]
  let commits: readonly Named[]
  beforeAll(async () => {
    await lane.begin(scenario)
    calls = await recorded(lane)
    commits = await commitsOf(lane.folder, before)
  })

  it('every commit comes after all that it names is on the disk', () => {
    expect(commits.map(({ files }) => files.length)).toEqual(scenario === 'first' ? [2, 4, 2, 0] : [2, 4, 2])
    expect(unsafeCommits(calls, commits)).toEqual([])
  })

  /** Each flush that there must be, by the objects that are lost without it. */
  const flushes: readonly (readonly [string, RegExp])[] = [
    ['a data file', /^lake sync tables\/.*part-0\.parquet /],
    ['the folder of a table', /^lake sync tables\/lines\/bronze\.lines #/],
    ['a manifest', /^lake sync tables\/.*<id>\/\.tmp /],
    ['the folder of a manifest', /^lake sync tables\/.*<id> #/],
    ['a commit', /^lake sync env\/dev\/log\/\.tmp /],
    ['the folder of commits', /^lake sync env\/dev\/log #/],
    ...(scenario === 'first' ? ([['a folder of folders', /^lake sync tables\/lines #/]] as const) : []),
  ]

  it.each(flushes)('a driver that does not flush %s is found out', (_, flush) => {
    const without = calls.filter(({ name }) => !flush.test(name))
    expect(without.length).toBeLessThan(calls.length)
    expect(unsafeCommits(without, commits)).not.toEqual([])
  })

  it('a flush that fails once is made again, or what it was for is not told to be published', async () => {
    const found: string[] = []
    for (const [, flush] of flushes) {
      const name = calls.find((call) => flush.test(call.name))?.name ?? ''
      await lane.begin(scenario)
      const faulty = await recorded(lane, { name, errno: 'EIO' })
      const wrong = unsafeCommits(faulty, await commitsOf(lane.folder, before))
      found.push(...wrong.map((text) => `${name} failed: ${text}`))
    }
    expect(found).toEqual([])
  })
})
