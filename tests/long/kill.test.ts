import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { killRun, startRun, type Victim } from '../crash/hooked.ts'
import { Lane } from '../crash/lane.ts'
import { nightly, seed } from '../crash/seeds.ts'
import { randomFrom } from '../storage/chance.ts'

/** Kills of runs, each at a moment of its own. */
const kills = nightly ? 1000 : 100
const perRecovery = 10
const victims: readonly Victim[] = ['group', 'coordinator', 'engine-main', 'worker-main']

interface Tally {
  readonly found: string[]
  /** How many runs were ended, and how many were told that a process of theirs was. */
  killed: number
  failed: number
}

/** Kills run after run of one project, with a change of the source before each, and looks after each. */
async function killed(lane: Lane, count: number, random: () => number, tally: Tally): Promise<void> {
  await lane.begin('second')
  const begun = performance.now()
  expect(await lane.recovered('after')).toEqual([])
  // Two runs and more: the last kills come when the run is over.
  const longest = (performance.now() - begun) * 0.7
  for (let round = 1; round <= count; round++) {
    const source = round % 2 === 0 ? 'after' : 'before'
    await lane.change(source)
    const victim = victims[Math.floor(random() * victims.length)] ?? 'group'
    const moment = random()
    const flags = random() < 0.8 ? ['--no-cache'] : []
    const run = startRun(lane.folder, {}, { flags })
    await wait(moment * longest)
    killRun(run, victim)
    const ended = await run.ended
    if (ended.signal === 'SIGKILL') tally.killed++
    else if (ended.code !== 0) tally.failed++
    const wrong = await lane.violations(ended)
    if (ended.code !== 0 && round % perRecovery === 0) wrong.push(...(await lane.recovered(source)))
    tally.found.push(
      ...wrong.map((text) => `round ${round}, ${victim}, at ${Math.round(moment * longest)} ms: ${text}`),
    )
  }
  expect(await lane.recovered(count % 2 === 0 ? 'after' : 'before')).toEqual([])
}

it(
  `a run of which any process is killed at any moment loses nothing and leaves nothing half done (${kills} kills, seed ${seed})`,
  async () => {
    const lanes = await Promise.all([Lane.open(), Lane.open({ byRun: true })])
    const tally: Tally = { found: [], killed: 0, failed: 0 }
    try {
      await Promise.all(
        lanes.map((lane, at) => killed(lane, kills / lanes.length, randomFrom(seed + at), tally)),
      )
    } finally {
      await Promise.all(lanes.map((lane) => lane.close()))
    }
    console.log(
      `${kills} kills: ${tally.killed} runs ended by them, ${tally.failed} failed, the others were over or went on without the process`,
    )
    expect(tally.found).toEqual([])
    expect(tally.killed + tally.failed).toBeGreaterThan(kills / 5)
  },
  nightly ? 7_200_000 : 600_000,
)
