import { writeCheckpoint } from '../../../src/lake/checkpoint.ts'
import { collectGarbage } from '../../../src/lake/gc.ts'
import { readHint } from '../../../src/lake/hint.ts'
import { openLake } from '../../../src/lake/lake.ts'
import type { Lake } from '../../../src/lake/lake.ts'
import { pinnedState, removePin } from '../../../src/lake/pins.ts'
import { stateAt } from '../../../src/lake/state.ts'
import type { EnvState } from '../../../src/lake/types.ts'
import { verifyLake } from '../../../src/lake/verify-lake.ts'
import { layout } from '../../../src/storage/layout.ts'
import { memoryStorage } from '../../../src/storage/memory.ts'
import { pick } from '../../storage/chance.ts'
import { actorOf, told } from './actor.ts'
import type { Actor, Stage } from './actor.ts'
import { runOnce } from './runs.ts'
import { Witness } from './witness.ts'
import type { Wrong } from './wrong.ts'
import { World } from './world.ts'
import type { Life } from './world.ts'

export interface Story {
  /** What does not fit; empty when all is well. */
  readonly faults: readonly string[]
  /** The digest of all that happened, to the last event. */
  readonly trace: string
  readonly commits: number
}

const envs = ['dev', 'prod']

/**
 * Runs that publish by step and as a whole, one that is killed and comes back, readers, a cleaner that keeps
 * nothing but heads, and somebody who verifies and repairs, over a storage on which faults fall, as a seed says.
 */
export async function story(seed: number, wrong?: Wrong): Promise<Story> {
  const world = new World(seed)
  const witness = new Witness()
  const storage = witness.watch(memoryStorage(world.now))
  const rate = pick([0, 0.02, 0.05, 0.1], world.random)
  const stage: Stage = { world, witness, storage, rate, ...(wrong && { wrong }) }
  await openLake(storage, { now: world.now, newId: world.newId, later: world.later })
  const parts = [
    lives(stage, 'run-1', (actor) => runs(actor, 'dev', false)),
    lives(stage, 'run-2', (actor) => runs(actor, 'dev', false)),
    lives(stage, 'run-3', (actor) => runs(actor, 'prod', false), 3),
    lives(stage, 'whole', (actor) => runs(actor, pick(envs, world.random), true)),
    lives(stage, 'reader-1', (actor) => reader(actor, 'dev')),
    lives(stage, 'reader-2', (actor) => reader(actor, 'prod')),
    lives(stage, 'cleaner', cleaner, 2),
    lives(stage, 'repairer', repairer),
  ]
  try {
    await world.run(Promise.all(parts))
    // What was still under way arrives.
    await world.run()
    await ending(stage)
  } catch (error) {
    witness.faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  const commits = envs.reduce((sum, env) => sum + witness.last(env), 0)
  return { faults: witness.faults, trace: world.traceDigest(), commits }
}

/** An actor through his lives: each but the last one is ended at a moment that he does not choose. */
async function lives(
  stage: Stage,
  name: string,
  work: (actor: Actor) => Promise<void>,
  count = 1,
): Promise<void> {
  const { world } = stage
  for (let n = 1; n <= count; n++) {
    const slowness = world.random() < 0.3 ? 1 + world.random() * 15 : 1
    const life = { name: count === 1 ? name : `${name}.${n}`, slowness, dead: false }
    const whole = work(actorOf(stage, life))
    if (n === count) return whole
    const killed = endOf(world, life)
    await Promise.race([whole, killed])
  }
}

/** Ends a life at some moment. */
async function endOf(world: World, life: Life): Promise<void> {
  await world.sleep(world.random() * 600)
  life.dead = true
  world.note(`${life.name} dies`)
}

async function runs(actor: Actor, env: string, whole: boolean): Promise<void> {
  for (let n = 1; n <= 2; n++) await told(() => runOnce(actor, env, `${actor.life.name}-${n}`, whole))
}

async function reader(actor: Actor, name: string): Promise<void> {
  const { witness, world, life } = actor
  let lake: Lake | undefined
  for (let n = 1; n <= 3; n++) {
    const run = `${life.name}-${n}`
    await told(async () => {
      if (lake === undefined || world.random() < 0.5) lake = await actor.open()
      const least = witness.visible(name)
      const state = await readState(actor, lake, name, run)
      witness.read(run, state, least)
      await useFiles(actor, lake, state, run)
      if (state.commit > 1)
        witness.read(run, await lake.env(name).state(Math.ceil(world.random() * state.commit)), 0)
      await removePin(lake.storage, run)
    })
    await world.sleep(world.random() * 100)
  }
}

async function readState({ wrong }: Actor, lake: Lake, name: string, run: string): Promise<EnvState> {
  const { storage } = lake
  if (wrong !== 'believes the hint') return pinnedState(storage, lake.env(name), run)
  const hint = await readHint(storage, name)
  return hint === undefined ? lake.env(name).state() : stateAt({ storage, env: name }, hint)
}

/** What a state names stays where it is as long as it is pinned. */
async function useFiles(
  { wrong, witness, world }: Actor,
  lake: Lake,
  { heads }: EnvState,
  run: string,
): Promise<void> {
  const keys = [...heads.values()].flatMap(({ manifest, files }) => [
    manifest,
    ...files.map(({ key }) => key),
  ])
  for (let look = 1; look <= 2; look++) {
    for (const key of keys)
      if ((await lake.storage.stat(key)) === undefined && wrong === undefined)
        witness.faults.push(`${run} has pinned ${key}, and it is gone`)
    await world.sleep(world.random() * 200)
  }
}

async function cleaner(actor: Actor): Promise<void> {
  for (let n = 1; n <= 2; n++) {
    await actor.world.sleep(actor.world.random() * 300)
    await told(async () => {
      await collectGarbage(await actor.open(), { retain: 0, grace: 0, keepRuns: 1e15 })
    })
  }
}

/** As `run/repair.ts` does with checkpoints. */
async function repairer(actor: Actor): Promise<void> {
  await actor.world.sleep(actor.world.random() * 1000)
  await told(async () => {
    const lake = await actor.open()
    const { storage } = lake
    const { checkpoints } = await verifyLake(lake)
    for (const { env, number } of checkpoints) {
      const state = await lake.env(env).state(number)
      await storage.delete([layout.checkpoint(env, number)])
      await writeCheckpoint({ storage, env }, state)
    }
  })
}

/** When all is quiet, a new process finds what the witness has added up, and nothing that is damaged. */
async function ending({ witness, storage }: Stage): Promise<void> {
  witness.compare()
  const lake = await openLake(storage)
  for (const env of envs) {
    const state = await lake.env(env).state()
    witness.read('in the end somebody', state, witness.last(env))
  }
  const { damaged, logProblems } = await verifyLake(lake)
  for (const { table, env } of damaged) witness.faults.push(`in the end ${table} of ${env} is damaged`)
  for (const { message } of logProblems) witness.faults.push(`in the end ${message}`)
}

/** The first seed whose story finds what a lake does wrong, and what it finds. */
export async function firstFault(wrong: Wrong, seeds: number): Promise<string | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    const [fault] = (await story(seed, wrong)).faults
    if (fault !== undefined) return `seed ${seed}: ${fault}`
  }
  return undefined
}
