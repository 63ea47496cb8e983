import { ProblemError } from '../base/problem.ts'
import { copyLog, logEnds } from './copy-logs.ts'
import { compared } from './copy-missing.ts'
import type { CopyCounts, Copying, CopyOptions, CopyReport } from './copy-types.ts'
import { copyVersions } from './copy-versions.ts'
import { readInfo, type LakeInfo } from './lake-info.ts'
import { exportDelta } from './delta-export.ts'
import { openLake } from './lake.ts'
import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/**
 * Copies a lake with its whole history into another storage; it keeps its id. Up to the commits that there are when
 * it begins, in this order: who the lake is, versions (each file compared with its hash), shared cache and records
 * of runs, commits in order, hints. So the target is a good lake at each moment, and a copy that is broken off goes
 * on where it was. Others may write to the source meanwhile: a second copy brings the rest. What only serves
 * processes that are alive (pins, cleanings) stays behind.
 *
 * Throws `storage/other-lake` for a target that holds another lake, `storage/diverged` for one with commits of its
 * own. What is damaged in the source is told in `problems`, and is missing in the target too.
 */
export async function copyLake(from: Storage, to: Storage, options: CopyOptions = {}): Promise<CopyReport> {
  const { dryRun = false, signal, onProgress } = options
  const info = await sourceInfo(from)
  await claim(from, to, info, dryRun)
  const counts = { versions: 0, files: 0, bytes: 0, commits: 0, records: 0, there: 0 }
  const copying: Copying = {
    from,
    to,
    dryRun,
    counts,
    problems: [],
    step() {
      onProgress?.(counts satisfies CopyCounts)
      signal?.throwIfAborted()
    },
  }
  const ends = await logEnds(from, to)
  await copyVersions(copying)
  await copyRecords(copying, layout.steps)
  await copyRecords(copying, layout.runs)
  const environments: Record<string, number> = {}
  for (const end of ends) environments[end.env] = await copyLog(copying, end)
  if (!dryRun && (await from.stat(layout.deltaCursor(info.defaultEnv)))) await exportThere(to)
  return { lake: info.id, dryRun, environments, problems: copying.problems, ...counts }
}

async function sourceInfo(from: Storage): Promise<LakeInfo> {
  const info = await readInfo(from)
  if (info !== undefined) return info
  const hint = 'name a storage, or the folder that holds sluice.json'
  throw new ProblemError({ code: 'storage/unavailable', message: `there is no lake in ${from.place}`, hint })
}

/** Makes the target this lake, unless it is another one, or its store would lose commits. */
async function claim(from: Storage, to: Storage, info: LakeInfo, dryRun: boolean): Promise<void> {
  const there = await readInfo(to)
  if (there !== undefined && there.id !== info.id) throw otherLake(to)
  const bytes = await from.get(layout.lake)
  if (there !== undefined || bytes === undefined || dryRun) return
  const first = await to.putIfAbsent(layout.lake, bytes)
  if (first && (await to.putIfAbsent(layout.lake, bytes))) {
    await to.delete([layout.lake])
    throw new ProblemError({
      code: 'storage/no-put-if-absent',
      message: `the store of ${to.place} ignores the condition "only if absent", on which commits rely`,
    })
  }
  if ((await readInfo(to))?.id !== info.id) throw otherLake(to)
}

/** Caches and records, which may be written anew under one name: those that are absent or of another size. */
async function copyRecords(copying: Copying, prefix: string): Promise<void> {
  const { from, to, counts, dryRun } = copying
  let waiting: Promise<void>[] = []
  for await (const { key, size, there } of compared(from, to, prefix)) {
    if (there === size) {
      counts.there++
      continue
    }
    counts.records++
    if (dryRun) continue
    waiting.push(copyRecord(key))
    if (waiting.length < 8) continue
    await Promise.all(waiting)
    copying.step()
    waiting = []
  }
  await Promise.all(waiting)
  copying.step()

  async function copyRecord(key: string): Promise<void> {
    const bytes = await from.get(key)
    if (bytes) await to.put(key, bytes)
  }
}

/** The log of the target may end before what the source has exported since: the target exports its own. */
async function exportThere(to: Storage): Promise<void> {
  const lake = await openLake(to, { create: false })
  await exportDelta(lake)
}

function otherLake(to: Storage): ProblemError {
  return new ProblemError({
    code: 'storage/other-lake',
    message: `${to.place} holds another lake`,
    hint: 'copy to an empty place: two lakes cannot be made one',
  })
}
