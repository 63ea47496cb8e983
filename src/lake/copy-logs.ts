import { problemsOf } from '../base/problem.ts'
import type { Copying } from './copy-types.ts'
import { diverged, putSame } from './copy-versions.ts'
import { allEnvironments } from './environments.ts'
import { readHint } from './hint.ts'
import { lastEntry, readEntryBytes } from './log.ts'
import { corrupt } from './sealed.ts'
import { settled } from './settled.ts'
import { layout, numberOf } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/** How far an environment is in the source, noted before anything is copied, and in the target. */
export interface LogEnds {
  readonly env: string
  readonly end: number
  readonly there: number
}

const batch = 16

/**
 * The ends of all logs. Throws `storage/diverged` where the target has commits that the source does not: the last
 * common entry decides, because each names the one before.
 */
export async function logEnds(from: Storage, to: Storage): Promise<LogEnds[]> {
  const ends: LogEnds[] = []
  for (const env of await allEnvironments(from)) {
    const end = (await lastEntry({ storage: from, env }))?.number ?? 0
    const there = (await lastEntry({ storage: to, env }))?.number ?? 0
    const common = Math.min(end, there)
    if (common > 0) {
      const key = layout.log(env, common)
      const [ours, theirs] = await Promise.all([from.get(key), to.get(key)])
      if (!ours || !theirs || Buffer.compare(ours, theirs) !== 0) throw diverged(key, to.place)
    }
    ends.push({ env, end, there })
  }
  return ends
}

/**
 * Copies the commits of an environment up to its end, in order, so that the target is at each moment what the source
 * once was. Checkpoints come first, because entries name them; the hint comes last. Gives the last commit that the
 * target has.
 */
export async function copyLog(copying: Copying, { env, end, there }: LogEnds): Promise<number> {
  const { to, counts, dryRun } = copying
  if (dryRun) {
    counts.commits += Math.max(0, end - there)
    return Math.max(end, there)
  }
  if (end > there) await copyCheckpoints(copying, env, end)
  const done = end > there ? await copyEntries(copying, env, there + 1, end) : there
  if (done > ((await readHint(to, env)) ?? 0))
    await to.put(layout.hint(env), Buffer.from(`{"commit":${done}}\n`))
  return done
}

async function copyCheckpoints({ from, to }: Copying, env: string, end: number): Promise<void> {
  for await (const { key } of from.list(layout.checkpointFolder(env))) {
    const number = numberOf(key)
    const bytes = number === undefined || number > end ? undefined : await from.get(key)
    if (bytes) await to.putIfAbsent(key, bytes)
  }
}

/** Copies entries in order; gives the last. A damaged one is told, and ends the copy of its environment. */
async function copyEntries(copying: Copying, env: string, first: number, end: number): Promise<number> {
  const { from, counts, problems } = copying
  for (let at = first; at <= end; at += batch) {
    const numbers = Array.from({ length: Math.min(batch, end - at + 1) }, (_, i) => at + i)
    const log = { storage: from, env }
    // Settled one by one, so that entries before a damaged one are copied.
    const list = numbers.map((number) => settled(readEntryBytes(log, number)))
    for (const [i, read] of list.entries()) {
      const number = at + i
      const key = layout.log(env, number)
      try {
        const entry = (await read)()
        if (entry === undefined) throw corrupt(key, 'it is missing, but later commits exist')
        await putSame(copying, key, entry.bytes)
      } catch (error) {
        const found = problemsOf(error)
        if (found === undefined || found.some(({ code }) => code !== 'storage/corrupt')) throw error
        problems.push(...found)
        return number - 1
      }
      counts.commits++
    }
    copying.step()
  }
  return end
}
