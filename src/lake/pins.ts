import type { Environment } from './environment.ts'
import { crossedFence } from './fence.ts'
import { isShape } from './sealed.ts'
import type { EnvState } from './types.ts'
import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/** How often a live pin is renewed, in ms; one that was not for a day is that of a run that is dead. */
export const pinRenewal = 10 * 60 * 1000
export const pinLife = 24 * 60 * 60 * 1000

/** Keeps what an environment held at a commit, and since, from being deleted while a run reads it. */
export async function writePin(storage: Storage, run: string, env: string, commit: number): Promise<void> {
  await storage.put(layout.pin(run), Buffer.from(`${JSON.stringify({ env, commit })}\n`))
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

/** For each environment with live pins the least commit that is pinned. What is not a pin pins nothing. */
export async function pinnedCommits(storage: Storage, alive: number): Promise<Map<string, number>> {
  const pinned = new Map<string, number>()
  for await (const { key, modified } of storage.list(layout.pins)) {
    if (modified < alive) continue
    const bytes = await storage.get(key)
    // Removed meanwhile: then its run has committed.
    if (bytes === undefined) continue
    const pin = parsed(bytes)
    if (pin) pinned.set(pin.env, Math.min(pin.commit, pinned.get(pin.env) ?? Infinity))
  }
  return pinned
}

/** A pin is written whole; what is not one was not written by us. */
function parsed(bytes: Uint8Array): { env: string; commit: number } | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    if (!isShape(value)) return undefined
    const { env, commit } = value
    return typeof env === 'string' && typeof commit === 'number' ? { env, commit } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
