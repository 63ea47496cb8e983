import { createOnce } from './create.ts'
import { isObject, type Shape } from '../base/form.ts'
import { corrupt, readSealed, seal } from './sealed.ts'
import type { Opened } from './sealed.ts'
import type { Pause } from '../storage/again.ts'
import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/**
 * The records of a cleaning. `gc/<id>/plan.json` lists what may be deleted: from then on no commit can bring it
 * back. `gc/<id>/final.json` lists what is deleted, decided once by put-if-absent, so that whoever goes on with
 * a cleaning that was interrupted deletes the same.
 */
export interface GcPlan {
  readonly format: 1
  readonly id: string
  readonly at: string
  readonly keys: readonly string[]
  /** The last commits of the environments when it was made: what they name since then is not deleted. */
  readonly commits: { readonly [env: string]: number }
}

export interface GcFinal {
  readonly format: 1
  readonly id: string
  /** Nothing is left to delete; the plan is gone, and this stays so that nobody begins again. */
  readonly done: boolean
  readonly keys: readonly string[]
}

/** Ids of the cleanings that are not done, in the order of time. */
export async function openPlans(storage: Storage): Promise<string[]> {
  const ids: string[] = []
  for await (const { key } of storage.list(layout.gcFolder)) {
    const id = layout.gcPlanId(key)
    if (id !== undefined) ids.push(id)
  }
  return ids
}

/** Writes a plan; afterwards it stands. */
export async function writePlan(storage: Storage, plan: GcPlan, pause: Pause): Promise<void> {
  await createOnce(storage, layout.gcPlan(plan.id), seal(plan), pause)
}

/** The plan of a cleaning, or undefined when it is done. A damaged one is `storage/corrupt`. */
export function readPlan(storage: Storage, id: string): Promise<GcPlan | undefined> {
  return read<GcPlan>(storage, layout.gcPlan(id))
}

/** Decides what a cleaning deletes, unless that is decided: gives what stands. */
export async function decideFinal(
  storage: Storage,
  id: string,
  keys: readonly string[],
  pause: Pause,
): Promise<GcFinal> {
  const ours: GcFinal = { format: 1, id, done: false, keys }
  const created = await createOnce(storage, layout.gcFinal(id), seal(ours), pause)
  return created.ours ? ours : (checked(layout.gcFinal(id), created.opened) as unknown as GcFinal)
}

/** What a cleaning deletes, when that is decided. */
export function readFinal(storage: Storage, id: string): Promise<GcFinal | undefined> {
  return read<GcFinal>(storage, layout.gcFinal(id))
}

/** Marks a cleaning as done. The plan goes last, so that commits look at it while objects may still be deleted. */
export async function markDone(storage: Storage, id: string): Promise<void> {
  const done: GcFinal = { format: 1, id, done: true, keys: [] }
  await storage.put(layout.gcFinal(id), seal(done))
  await storage.delete([layout.gcPlan(id)])
}

async function read<T extends { readonly keys: readonly string[] }>(
  storage: Storage,
  key: string,
): Promise<T | undefined> {
  const found = await readSealed(storage, key)
  return found && (checked(key, found.opened) as unknown as T)
}

function checked(key: string, opened: Opened): Shape {
  const hint = 'remove it when no `sluice gc` is running, and run `sluice gc` again'
  if ('fault' in opened) throw corrupt(key, opened.fault, hint)
  const { value } = opened
  if (isObject(value) && Array.isArray(value['keys'])) return value
  throw corrupt(key, 'it is not the record of a cleaning', hint)
}
