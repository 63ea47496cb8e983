import { parsedJson } from '../base/parsed-json.ts'
import { ProblemError } from '../base/problem.ts'
import { isObject, type Shape } from '../base/form.ts'
import { checkFormat, corrupt, readSealed, seal, type Opened } from './sealed.ts'
import { newVersionId } from './version-id.ts'
import { layout } from '../storage/layout.ts'
import { again } from '../storage/again.ts'
import type { Pause } from '../storage/again.ts'
import type { Storage } from '../storage/storage.ts'

/** `sluice.json`: what a lake says about itself. Created once. */
export interface LakeInfo {
  readonly format: 1
  readonly id: string
  readonly createdAt: string
  readonly defaultEnv: string
}

/** What the lake in a storage says about itself: one small read. Undefined where there is no lake. */
export async function readInfo(storage: Storage): Promise<LakeInfo | undefined> {
  const read = await readSealed(storage, layout.lake)
  return read && infoIn(read)
}

/** Creates a lake, or reads the one that another process creates at the same time. */
export async function createInfo(storage: Storage, now: number, pause: Pause): Promise<LakeInfo> {
  const createdAt = new Date(now).toISOString()
  const info: LakeInfo = { format: 1, id: newVersionId(now), createdAt, defaultEnv: 'prod' }
  const bytes = seal(info)
  const first = await again(pause, () => created(storage, bytes))
  // A store that ignores the condition would lose commits: ask for the same once more, which must be refused.
  if (first && (await again(pause, () => storage.putIfAbsent(layout.lake, bytes)))) {
    await storage.delete([layout.lake])
    throw ignoresCondition(storage)
  }
  const there = await readInfo(storage)
  if (there === undefined) throw corrupt(layout.lake, 'it was created, but cannot be read back')
  return there
}

/** Whether this call created the lake. One whose reply was lost is there. */
async function created(storage: Storage, bytes: Uint8Array): Promise<boolean> {
  try {
    return await storage.putIfAbsent(layout.lake, bytes)
  } catch (error) {
    if ((await readInfo(storage)) === undefined) throw error
    return false
  }
}

function infoIn(read: Read): LakeInfo {
  const value = openedInfo(read)
  checkFormat(layout.lake, value)
  const { id, createdAt, defaultEnv } = value
  if (typeof id !== 'string' || typeof createdAt !== 'string' || typeof defaultEnv !== 'string') {
    throw corrupt(layout.lake, 'id, createdAt or defaultEnv is missing', 'put it back from a backup')
  }
  return { format: 1, id, createdAt, defaultEnv }
}

interface Read {
  readonly bytes: Uint8Array
  readonly opened: Opened
}

/** The sealed object, or one of a lake that was created when this file had no checksum: four properties, no other. */
function openedInfo({ bytes, opened }: Read): Shape {
  if ('value' in opened) return opened.value
  const value = parsedJson(Buffer.from(bytes).toString('utf8'))
  if (!isObject(value)) throw corrupt(layout.lake, 'it is not a JSON object', 'put it back from a backup')
  // What a newer version wrote is told as such.
  const isNewer = typeof value['format'] === 'number' && value['format'] > 1
  if (isNewer || Object.keys(value).every((key) => known.has(key))) return value
  throw corrupt(layout.lake, opened.fault, 'put it back from a backup')
}

const known: ReadonlySet<string> = new Set(['format', 'id', 'createdAt', 'defaultEnv'])

function ignoresCondition(storage: Storage): ProblemError {
  const message = `the store of ${storage.place} ignores the condition "only if absent", on which commits rely`
  const hint = 'use another store or a newer version of its server: commits to this one could be lost'
  return new ProblemError({ code: 'storage/no-put-if-absent', message, hint })
}
