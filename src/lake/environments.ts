import { segmentFault } from '../base/names.ts'
import { lastEntry } from './log.ts'
import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/**
 * The names of the environments that have commits and are not deleted, in order. It jumps from one to the
 * next: one listing for each, whatever their logs hold.
 */
export async function environmentsIn(storage: Storage): Promise<string[]> {
  const names: string[] = []
  for (let after: string = layout.envFolder; ;) {
    const name = await firstName(storage, after)
    if (name === undefined) break
    names.push(name)
    after = `${layout.envFolder}${name}/~`
  }
  const alive = await Promise.all(names.map((name) => isAlive(storage, name)))
  return names.filter((_, i) => alive[i]).toSorted()
}

async function firstName(storage: Storage, after: string): Promise<string | undefined> {
  for await (const { key } of storage.list(layout.envFolder, { after })) return key.split('/')[1]
  return undefined
}

async function isAlive(storage: Storage, name: string): Promise<boolean> {
  if (segmentFault(name) !== undefined) return false
  const last = await lastEntry({ storage, env: name })
  return last !== undefined && last.kind !== 'delete-env'
}
