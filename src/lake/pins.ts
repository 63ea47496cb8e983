import type { Environment } from './environment.ts'
import { crossedFence } from './fence.ts'
import { readSealed, seal } from './sealed.ts'
import type { Opened } from './sealed.ts'
import type { EnvState } from './types.ts'
import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/** How often a live pin is renewed, in ms; one that was not for a day is that of a run that is dead. */
export const pinRenewal = 10 * 60 * 1000
export const pinLife = 24 * 60 * 60 * 1000

/** Keeps what an environment held at a commit, and since, from being deleted while a run reads it. */
export async function writePin(storage: Storage, run: string, env: string, commit: number): Promise<void> {
  await storage.put(layout.pin(run), seal({ env, commit }))
}

/**
 * The newest state, pinned: no cleaning deletes what it holds until the pin is removed or was not renewed for a
 * day. A cleaning that began before the pin was there may not have seen it; then the state is read again.
 */
export async function pinnedState(storage: Storage, env: Environment, run: string): Promise<EnvState> {
  for (let state = await env.state(); ;) {
    await writePin(storage, run, env.name, state.commit)
    const now = await env.state()
    if (!crossedFence(state, now)) return state
    state = now
  }
}

export async function removePin(storage: Storage, run: string): Promise<void> {
  await storage.delete([layout.pin(run)])
}

/** What live runs have pinned: for each environment the least commit. */
export interface Pinned {
  from(env: string): number
  /** How many runs have pinned something. */
  readonly runs: number
}

/** Reads the pins. One that cannot be read pins all that there is: in doubt, nothing is deleted. */
export async function pinnedCommits(storage: Storage, alive: number): Promise<Pinned> {
  const pinned = new Map<string, number>()
  let all = false
  let runs = 0
  for await (const { key, modified } of storage.list(layout.pins)) {
    if (modified < alive) continue
    const found = await readSealed(storage, key)
    // Removed meanwhile: then its run has committed.
    if (found === undefined) continue
    runs++
    const pin = pinIn(found.opened)
    if (pin) pinned.set(pin.env, Math.min(pin.commit, pinned.get(pin.env) ?? Infinity))
    else all = true
  }
  return { from: (env) => (all ? 0 : (pinned.get(env) ?? Infinity)), runs }
}

function pinIn(opened: Opened): { env: string; commit: number } | undefined {
  if ('fault' in opened) return undefined
  const { env, commit } = opened.value
  return typeof env === 'string' && typeof commit === 'number' ? { env, commit } : undefined
}
