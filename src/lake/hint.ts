import { isObject } from '../base/form.ts'
import { parsedJson } from '../base/parsed-json.ts'
import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/** The number of a recent commit, or undefined when the hint is missing or makes no sense. It is never trusted. */
export async function readHint(storage: Storage, env: string): Promise<number | undefined> {
  const bytes = await storage.get(layout.hint(env))
  if (bytes === undefined) return undefined
  const value = parsedJson(Buffer.from(bytes).toString('utf8'))
  const number = isObject(value) ? value['commit'] : undefined
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : undefined
}

/** How long a hint may lag behind the commits, in ms: a burst of commits then writes few hints. */
const lag = 50
/** The same on a bucket, where each request costs: a run writes its hint when it ends, and now and then before. */
const bucketLag = 30_000

/** Does work after so many ms; gives what calls it off. */
export type Later = (ms: number, work: () => void) => () => void

export const laterByTimer: Later = (ms, work) => {
  const timer = setTimeout(work, ms)
  // Nobody waits for so long at the end: who closes the lake has it written.
  if (ms > lag) timer.unref()
  return () => clearTimeout(timer)
}

/** Keeps the hint up to date beside the commits, which do not wait for it. */
export interface HintWriter {
  tell(commit: number): void
  /** Resolves when what was told is written, or could not be. */
  flush(): Promise<void>
}

/** A writer of the hint of one environment. A process that ends by itself, or closes its lake, has written it. */
export function hintWriter(storage: Storage, env: string, later: Later): HintWriter {
  const isBucket = storage.kind !== 'local' && storage.kind !== 'memory'
  let wanted = 0
  let written = 0
  let cancel: (() => void) | undefined
  let writing: Promise<void> = Promise.resolve()

  async function write(): Promise<void> {
    if (written >= wanted) return
    const number = wanted
    try {
      await storage.put(layout.hint(env), Buffer.from(`{"commit":${number}}\n`))
    } catch {
      // A hint may be lost: the commit stands, and readers find it by listing the log.
    }
    written = number
  }

  function flush(): Promise<void> {
    cancel?.()
    cancel = undefined
    writing = writing.then(write)
    return writing
  }

  return {
    tell(commit) {
      wanted = Math.max(wanted, commit)
      cancel ??= later(isBucket ? bucketLag : lag, () => void flush())
    },
    flush,
  }
}
