import type { Lake } from '../lake/lake.ts'
import { pinRenewal, removePin, writePin } from '../lake/pins.ts'

/**
 * Keeps what an environment held at a commit from being deleted while a run reads it. A run that is short needs no
 * pin: what stops to be a head stays for an hour at least. Gives what ends it.
 *
 * @param every ms after which the pin is written first, and renewed
 */
export function keepPinned(
  { storage }: Lake,
  run: string,
  env: string,
  commit: number,
  every = pinRenewal,
): () => Promise<void> {
  let writing: Promise<void> | undefined
  const timer = setInterval(() => {
    // One that fails is tried again; a run must not fail for it.
    writing = writePin(storage, run, env, commit).catch(() => undefined)
  }, every)
  timer.unref()
  return async () => {
    clearInterval(timer)
    if (writing === undefined) return
    await writing
    await removePin(storage, run).catch(() => undefined)
  }
}
