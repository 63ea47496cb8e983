import { problemsOf, type Problem } from '../base/problem.ts'
import { readCheckpoint } from './checkpoint.ts'
import { readHint } from './hint.ts'
import { readEntry } from './log.ts'
import type { Log } from './log.ts'
import { corruptProblem } from './sealed.ts'
import type { LogEntry } from './types.ts'
import { layout, numberOf } from '../storage/layout.ts'

/** What the log of an environment holds, and what is wrong with it. */
export interface VerifiedLog {
  /** The entries that can be read, newest first. */
  readonly entries: readonly LogEntry[]
  /** How many commits there are. */
  readonly commits: number
  readonly problems: readonly Problem[]
  /** Numbers of checkpoints that are damaged: they can be written again. */
  readonly checkpoints: readonly number[]
}

/** Reads every entry and checkpoint of a log: checksums, numbers, and that each entry follows the one before. */
export async function verifyLog(log: Log): Promise<VerifiedLog> {
  const problems: Problem[] = []
  const entries: LogEntry[] = []
  const numbers: number[] = []
  for await (const { key } of log.storage.list(layout.logFolder(log.env))) {
    const number = numberOf(key)
    if (number !== undefined) numbers.push(number)
  }
  const commits = numbers.at(-1) ?? 0
  let after: LogEntry | undefined
  for (let number = commits; number > 0; number--) {
    const entry = await readOr(log, number, problems)
    if (entry && after && after.parent !== entry.id) {
      const fault = `commit ${after.number} says that it follows another commit`
      problems.push(corruptProblem(layout.log(log.env, number), fault, 'put the object back from a backup'))
    }
    if (entry) entries.push(entry)
    after = entry
  }
  const ahead = await lostAtTheEnd(log, commits)
  const { damaged, found } = await damagedCheckpoints(log, entries)
  return { entries, commits, problems: [...problems, ...ahead, ...found], checkpoints: damaged }
}

async function readOr(log: Log, number: number, problems: Problem[]): Promise<LogEntry | undefined> {
  const key = layout.log(log.env, number)
  try {
    const entry = await readEntry(log, number)
    if (entry === undefined)
      problems.push(
        corruptProblem(key, 'it is missing, but later commits exist', 'put it back from a backup'),
      )
    return entry
  } catch (error) {
    const told = problemsOf(error)
    if (told === undefined) throw error
    problems.push(...told)
    return undefined
  }
}

/** The hint is written after a commit: one that names a later commit than there is says that entries are gone. */
async function lostAtTheEnd(log: Log, commits: number): Promise<Problem[]> {
  const hint = (await readHint(log.storage, log.env)) ?? 0
  if (hint <= commits) return []
  const fault = `it is missing, or '${layout.hint(log.env)}' is damaged, which names commit ${hint}`
  return [corruptProblem(layout.log(log.env, commits + 1), fault, 'look for it in a backup')]
}

async function damagedCheckpoints(
  log: Log,
  entries: readonly LogEntry[],
): Promise<{ damaged: number[]; found: Problem[] }> {
  const damaged: number[] = []
  const found: Problem[] = []
  const wanted = new Set(entries.flatMap(({ checkpoint }) => (checkpoint === 0 ? [] : [checkpoint])))
  for await (const { key } of log.storage.list(layout.checkpointFolder(log.env))) {
    const number = numberOf(key)
    if (number !== undefined) wanted.delete(number)
    if (number === undefined || (await readCheckpoint(log, number)) !== undefined) continue
    damaged.push(number)
    found.push(corruptProblem(key, 'its checksum does not match', '`sluice repair` writes it again'))
  }
  for (const number of wanted) {
    damaged.push(number)
    const key = layout.checkpoint(log.env, number)
    found.push(corruptProblem(key, 'it is missing', '`sluice repair` writes it again'))
  }
  return { damaged, found }
}
