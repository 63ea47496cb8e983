import type { Environment } from '../../../src/lake/environment.ts'
import type { Committed } from '../../../src/lake/judge.ts'
import { openLake } from '../../../src/lake/lake.ts'
import type { Lake } from '../../../src/lake/lake.ts'
import { problemsOf } from '../../../src/base/problem.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import { faultyStorage, logsLag } from '../../storage/faulty.ts'
import { wrongly, wrongStorage } from './wrong.ts'
import type { Wrong } from './wrong.ts'
import type { Witness } from './witness.ts'
import { mortal } from './world.ts'
import type { Life, World } from './world.ts'

/** What a story is told with. */
export interface Stage {
  readonly world: World
  readonly witness: Witness
  /** The storage as the witness sees it: without faults, at once. */
  readonly storage: Storage
  readonly wrong?: Wrong
  /** The chance that a fault befalls a call. */
  readonly rate: number
}

/** Somebody in a story, in one of his lives. */
export interface Actor extends Stage {
  readonly life: Life
  /** Opens the lake, as a process does that has just started. */
  open(): Promise<Lake>
  /** An environment of a lake, whose commits the witness hears of. */
  env(lake: Lake, name: string): Environment
}

export function actorOf(stage: Stage, life: Life): Actor {
  const { world, wrong } = stage
  const storm = {
    random: world.random,
    rate: stage.rate,
    later: (ms: number, work: () => Promise<unknown>) => {
      world.later(ms, () => work().catch(() => undefined))
    },
    stale: logsLag,
    struck: (fault: string, call: string, key: string) => world.note(`${life.name} ${call} ${key}: ${fault}`),
  }
  const reached = wrongStorage(faultyStorage(world.distant(stage.storage, life), storm), wrong)
  const clock = { now: world.now, pause: world.sleep, later: world.later, newId: world.newId }
  let commits = 0
  return {
    ...stage,
    life,
    open: () => openLake(mortal(reached, life), clock),
    env(lake, name) {
      const env = lake.env(name)
      return {
        ...env,
        commit: async (base, changes, meta, judge) => {
          const token = `${meta.run} ${++commits}`
          stage.witness.begins(name, token)
          const told = await wrongly(lake, env, wrong)(base, changes, { ...meta, run: token }, judge).catch(
            (error: unknown) => {
              if (problemsOf(error)?.every(({ code }) => code === 'storage/commit-conflict'))
                stage.witness.tells(name, token, 'not-made')
              throw error
            },
          )
          stage.witness.tells(name, token, toldBy(told))
          return told
        },
      }
    },
  }
}

function toldBy(outcome: Committed): Parameters<Witness['tells']>[2] {
  return outcome.committed ? { made: outcome.entry } : 'not-made'
}

/** Does something, and bears what a person would be told: that the storage does not answer, or that others were first. */
export async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const fine = ['storage/unavailable', 'storage/commit-conflict', 'storage/corrupt']
    if (!problemsOf(error)?.every(({ code }) => fine.includes(code))) throw error
  }
}
