import { readFile, rm } from 'node:fs/promises'
import { hookedRun, type Moment } from './hooked.ts'
import type { Lane } from './lane.ts'

/** A call to the file system, when it began or had ended. */
export interface FsCall {
  readonly moment: 'begin' | 'end'
  /** Such as `lake link sluice.json #1`: the same in every run. */
  readonly name: string
  readonly call: string
  readonly path: string
  /** What a link or rename was made from. */
  readonly from: string
}

/**
 * Runs, undisturbed or with an error at a moment, and tells every call that the coordinator made to the lake and
 * the caches. A call that failed has no end.
 */
export async function recorded(lane: Lane, at?: Moment): Promise<FsCall[]> {
  const log = lane.rig.path('calls')
  await rm(log, { force: true })
  const run = await hookedRun(lane.folder, { log, ...(at && { at }) })
  if (run.code !== 0 && !at) throw new Error(`an undisturbed run ends with ${run.code}: ${run.out}${run.err}`)
  const lines = (await readFile(log, 'utf8')).trimEnd().split('\n')
  return lines.map((line) => {
    const [moment, name = '', path = '', from = ''] = line.split('\t')
    return { moment: moment === 'begin' ? 'begin' : 'end', name, call: name.split(' ')[1] ?? '', path, from }
  })
}
