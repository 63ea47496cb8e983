import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hookedRun, startRun, type Moment } from '../crash/hooked.ts'
import { inLanes, Lane, type Scenario } from '../crash/lane.ts'
import { recorded } from '../crash/record.ts'
import { nightly, sample, seed } from '../crash/seeds.ts'

/** How many kills of each scenario; in the long variant before all operations, and after those that change something. */
const kills = 16
/** What a killed process leaves is the same before and after these. */
const readOnly = /^\w+ (?:open|close|sync|stat|lstat|realpath|readdir|readFile|readFileSync) /

let lanes: readonly Lane[] = []
const first = (): Lane => lanes[0] as Lane
beforeAll(async () => {
  lanes = await Promise.all([Lane.open(), Lane.open()])
})
afterAll(() => Promise.all(lanes.map((lane) => lane.close())))

/** The names of the operations of an undisturbed run. */
async function operations(lane: Lane, scenario: Scenario): Promise<string[]> {
  await lane.begin(scenario)
  const records = await recorded(lane)
  return records.flatMap(({ moment, name }) => (moment === 'begin' ? name : []))
}

describe('a run that is killed at an operation of its storage', () => {
  it.each<Scenario>(['first', 'second'])(
    'loses nothing, shows nothing half done, and is made good by the next: the %s run',
    async (scenario) => {
      const all = await operations(first(), scenario)
      const changing = all.filter((name) => !readOnly.test(name))
      const moments: readonly Moment[] = nightly
        ? [
            ...all.map((name) => ({ name, kill: 'before' }) as const),
            ...changing.map((name) => ({ name, kill: 'after' }) as const),
          ]
        : sample(changing, kills).map((name) => ({ name, kill: 'before' }))
      console.log(
        `${scenario} run: ${all.length} operations, ${changing.length} that change something, ${moments.length} kills, seed ${seed}`,
      )
      const found: string[] = []
      let killed = 0
      await inLanes(lanes, moments, async (lane, at) => {
        await lane.begin(scenario)
        const run = await hookedRun(lane.folder, { at })
        // What writes beside commits comes at another time in each run, or not at all.
        if (run.signal === 'SIGKILL') killed++
        const wrong = [
          ...(await lane.violations(run)),
          ...(await lane.recovered(scenario === 'first' ? 'before' : 'after')),
        ]
        found.push(...wrong.map((text) => `${JSON.stringify(at)}: ${text}`))
      })
      expect(found).toEqual([])
      expect(killed).toBeGreaterThan(moments.length * 0.9)
    },
    nightly ? 7_200_000 : 300_000,
  )
})

describe('a driver that is wrong is found out by the same checks', () => {
  const commit = 'env/dev/log/00000000000000000005.json'

  it('one that writes objects in place', async () => {
    const lane = first()
    await lane.begin('second')
    const run = await hookedRun(lane.folder, {
      variant: 'in-place',
      at: { name: `lake half ${commit} #1`, kill: 'before' },
    })
    expect(run.signal, run.out + run.err).toBe('SIGKILL')
    expect((await lane.violations(run)).join('\n')).toContain(`'${commit}' is damaged`)
  })

  it('one that publishes the commit before the files', async () => {
    const lane = first()
    await lane.begin('second')
    const run = await hookedRun(lane.folder, {
      variant: 'commit-first',
      at: { name: `lake half ${commit} #1`, kill: 'before' },
    })
    expect(run.signal, run.out + run.err).toBe('SIGKILL')
    expect((await lane.violations(run)).join('\n')).toContain('it is missing')
  })

  /** One run stops before its first commit, and goes on when another run is done. */
  async function overtaken(lane: Lane, variant?: 'rename-over'): Promise<string[]> {
    await lane.begin('second')
    const [reached, pause] = [lane.rig.path('reached'), lane.rig.path('go on')]
    await Promise.all([reached, pause].map((file) => rm(file, { force: true })))
    const slow = startRun(lane.folder, {
      ...(variant && { variant }),
      at: { name: `lake link ${commit} #1`, reached, pause },
    })
    while (!existsSync(reached)) await wait(10)
    const quick = await hookedRun(lane.folder, variant && { variant })
    expect(quick.code, quick.out + quick.err).toBe(0)
    const found = await lane.violations(quick)
    await lane.rig.write({ 'go on': '' })
    return [...found, ...(await lane.violations(await slow.ended))]
  }

  it('one that renames over what is there', async () => {
    expect((await overtaken(first(), 'rename-over')).join('\n')).toContain('no commit names it')
  })

  it('and ours is not, when another run overtakes it', async () => {
    expect(await overtaken(first())).toEqual([])
  })
})
