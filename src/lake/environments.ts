import { segmentFault } from '../base/names.ts'
import { entriesDown } from './history.ts'
import { lastEntry } from './log.ts'
import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/**
 * The names of the environments that have commits and are not deleted, in order. It jumps from one to the
 * next: one listing for each, whatever their logs hold.
 */
export async function environmentsIn(storage: Storage): Promise<string[]> {
  const names = await allEnvironments(storage)
  const alive = await Promise.all(names.map((name) => isAlive(storage, name)))
  return names.filter((_, i) => alive[i])
}

/** The names of all environments that have a folder, deleted ones too, in order. */
export async function allEnvironments(storage: Storage): Promise<string[]> {
  const names: string[] = []
  for (let after: string = layout.envFolder; ;) {
    const name = await firstName(storage, after)
    if (name === undefined) break
    names.push(name)
    after = `${layout.envFolder}${name}/~`
  }
  return names.filter((name) => segmentFault(name) === undefined).toSorted()
}

async function firstName(storage: Storage, after: string): Promise<string | undefined> {
  for await (const { key } of storage.list(layout.envFolder, { after })) return key.split('/')[1]
  return undefined
}

async function isAlive(storage: Storage, name: string): Promise<boolean> {
  const log = { storage, env: name }
  const last = await lastEntry(log)
  if (last === undefined) return false
  // Cleanings commit to deleted environments too.
  for await (const { kind } of entriesDown(log, last.number)) if (kind !== 'gc') return kind !== 'delete-env'
  return false
}
