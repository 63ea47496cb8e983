import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inLanes, Lane } from '../crash/lane.ts'
import { nightly, sample, seed } from '../crash/seeds.ts'
import { callsOf, canTrace, killedAt, type Who } from '../crash/strace.ts'

/** The calls by which files come to be, and how many of each a process is killed at; all in the long variant. */
const calls: readonly (readonly [call: string, kills: number])[] = [
  ['write', 2],
  ['pwrite64', 1],
  ['link', 3],
  ['linkat', 1],
  ['rename', 2],
  ['renameat2', 1],
  ['fsync', 3],
  ['fdatasync', 1],
]
const names = calls.map(([call]) => call)

let lanes: readonly Lane[] = []
beforeAll(async () => {
  lanes = await Promise.all([Lane.open(), Lane.open()])
})
afterAll(() => Promise.all(lanes.map((lane) => lane.close())))

/** How often the busiest thread of a process makes a call. */
function most(threads: ReadonlyMap<string, readonly string[]>, call: string): number {
  return Math.max(
    ...[...threads.values()].map((lines) => lines.filter((line) => line.includes(` ${call}(`)).length),
  )
}

describe.runIf(canTrace)('a process that is killed at a system call', () => {
  it.each<Who>(['coordinator', 'engine-main', 'worker-main'])(
    'loses nothing, and shows nothing half done: %s',
    async (who) => {
      const lane = lanes[0] as Lane
      await lane.begin('second')
      const threads = await callsOf(lane, who, names)
      const moments = calls.flatMap(([call, kills]) => {
        // Engines share their work among threads anew in each run: later calls may come in none of them.
        const last = who === 'coordinator' || nightly ? most(threads, call) : Math.min(8, most(threads, call))
        const all = Array.from({ length: last }, (_, at) => at + 1)
        return sample(all, kills).map((nth) => ({ who, call, nth }))
      })
      console.log(`${who}: ${moments.length} kills, seed ${seed}`)
      const found: string[] = []
      let ended = 0
      await inLanes(lanes, moments, async (lane, at) => {
        await lane.begin('second')
        const { run, killed } = await killedAt(lane, at)
        if (killed) ended++
        const wrong = [...(await lane.violations(run)), ...(await lane.recovered('after'))]
        found.push(...wrong.map((text) => `${JSON.stringify(at)}: ${text}`))
      })
      expect(found).toEqual([])
      expect(ended, `of ${moments.length}`).toBeGreaterThanOrEqual(nightly ? 1 : moments.length / 2)
    },
    nightly ? 7_200_000 : 300_000,
  )

  it('is found out when it writes objects in place', async () => {
    const lane = lanes[0] as Lane
    const commit = 'env/dev/log/00000000000000000005.json'
    await lane.begin('second')
    const threads = await callsOf(lane, 'coordinator', ['fsync'], 'in-place')
    const files = [...threads.values()].find((lines) => lines.some((line) => line.includes(commit))) ?? []
    await lane.begin('second')
    const nth = files.findIndex((line) => line.includes(commit)) + 1
    const { run } = await killedAt(lane, { who: 'coordinator', call: 'fsync', nth }, 'in-place')
    expect(run.signal, run.out + run.err).toBe('SIGKILL')
    expect((await lane.violations(run)).join('\n')).toContain(`'${commit}' is damaged`)
  })
})
