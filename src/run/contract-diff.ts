import { ProblemError } from '../base/problem.ts'
import { acknowledge, type JudgedChange } from '../check/acknowledge.ts'
import { diffContracts } from '../check/contract-diff.ts'
import { readersOf, writtenTables } from '../check/contract-readers.ts'
import { readLock, type LockedContract } from '../check/lock-file.ts'
import { planLock, refuseClashes, type LockPlan } from '../check/lock.ts'
import { lockEnding, lockFolder } from '../check/odcs/names.ts'
import { publishedColumns } from '../check/published.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import { findProject } from '../flow/project.ts'
import { filesAtRevision } from './git-files.ts'
import { declaredFlows } from './lake-declared.ts'
import { openPlace } from './lake-place.ts'
import { lockFiles, writeLockFiles } from './lock-files.ts'
import type { ProjectOptions } from './options.ts'
import { publishedContracts } from './published-contracts.ts'

/** What the contracts of the code are compared with; the lock when neither is said. */
export interface DiffAgainst {
  /** A git revision: the lock as it was there. */
  readonly git?: string
  /** An environment: what is published there. */
  readonly env?: string
}

export interface ContractDiff {
  /** What they were compared with, for people: `the lock`, `origin/main`, `environment 'prod'`. */
  readonly against: string
  readonly changes: readonly JudgedChange[]
  /** How many tables the code writes. */
  readonly tables: number
  /** What to know of the comparison. */
  readonly notes: readonly string[]
}

/**
 * What changed between the contracts of a project's code and its lock, the lock at a git revision, or what an
 * environment has published. Throws a ProblemError for a lock that cannot be read and for code that is wrong.
 */
export async function contractDiff(
  options: ProjectOptions,
  against: DiffAgainst = {},
): Promise<ContractDiff> {
  const { root } = await findProject(options.projectRoot)
  const flows = await declaredFlows(options)
  const tables = writtenTables(flows)
  const readers = readersOf(flows)
  if (against.env !== undefined) {
    const before = await publishedIn(options, against.env)
    const changes = diffContracts(before, tables.map(publishedColumns), readers)
    return {
      against: `environment '${against.env}'`,
      changes: changes.map((change) => ({ ...change, acknowledged: undefined })),
      tables: tables.length,
      notes: ['published versions keep columns, types, NULL and keys: nothing else was compared'],
    }
  }
  const locked = await lockOf(root)
  if (against.git === undefined) {
    if (locked.length === 0) throw new ProblemError(noLock)
    const changes = diffContracts(tablesOf(locked), tables, readers)
    return {
      against: 'the lock',
      changes: changes.map((change) => ({ ...change, acknowledged: undefined })),
      tables: tables.length,
      notes: [],
    }
  }
  const then = await lockAt(root, against.git)
  const changes = diffContracts(tablesOf(then), tables, readers)
  const pending = diffContracts(tablesOf(locked), tables)
  return {
    against: against.git,
    changes: then.length === 0 ? [] : acknowledge(changes, pending, then, locked),
    tables: tables.length,
    notes:
      then.length === 0
        ? [`${against.git} has no lock in ${lockFolder}/: there is nothing to compare with`]
        : [],
  }
}

const noLock = {
  code: 'contract/lock-missing',
  message: `this project has no lock: there is no file ${lockFolder}/*${lockEnding}`,
  hint: '`sluice contract lock` writes it; put it under version control',
} as const

/**
 * What `sluice contract lock` would write.
 *
 * @param why what makes breaking changes good
 */
export async function lockPlan(
  options: ProjectOptions,
  why?: string,
): Promise<LockPlan & { readonly root: string }> {
  const { root } = await findProject(options.projectRoot)
  const flows = await declaredFlows(options)
  const tables = writtenTables(flows)
  refuseClashes(tables)
  return { root, ...planLock(await lockOf(root), tables, readersOf(flows), why) }
}

/** Writes what a plan says. */
export async function writeLock({ root, writes }: LockPlan & { readonly root: string }): Promise<void> {
  await writeLockFiles(root, writes)
}

/** The lock on the disk; a ProblemError with all that is wrong with any of its files. */
async function lockOf(root: string): Promise<readonly LockedContract[]> {
  return read(await lockFiles(root))
}

async function lockAt(root: string, revision: string): Promise<readonly LockedContract[]> {
  const files = (await filesAtRevision(root, revision, lockFolder))
    .filter(({ path }) => path.endsWith(lockEnding))
    .map(({ path, text }) => ({ file: path, text }))
  try {
    return read(files)
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    const at = (message: string) => `at ${revision}: ${message}`
    throw new ProblemError(error.problems.map((problem) => ({ ...problem, message: at(problem.message) })))
  }
}

function read(files: readonly { readonly file: string; readonly text: string }[]): readonly LockedContract[] {
  const { contracts, problems } = readLock(files)
  if (problems.length > 0) throw new ProblemError(problems)
  return contracts
}

function tablesOf(locked: readonly LockedContract[]): DeclaredTable[] {
  return locked.map(({ table }) => table)
}

async function publishedIn(options: ProjectOptions, env: string): Promise<DeclaredTable[]> {
  const place = await openPlace({ ...options, env })
  try {
    const state = await place.state()
    if (state === undefined || place.lake === undefined) {
      throw new ProblemError({
        code: 'project/unknown',
        message: `nothing was ever written to environment '${env}' (in ${place.where})`,
        hint: `\`sluice run --env ${env}\` writes to it`,
      })
    }
    return await publishedContracts(place.lake, state.heads)
  } finally {
    await place.close()
  }
}
