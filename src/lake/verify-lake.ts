import { problemsOf, type Problem } from '../base/problem.ts'
import { allEnvironments } from './environments.ts'
import type { Lake } from './lake.ts'
import type { Head } from './types.ts'
import { verifyFiles } from './verify.ts'
import { verifyCaches, verifyFolder, type SpareDamage } from './verify-rest.ts'
import { verifyLog } from './verify-log.ts'

export interface VerifyLakeOptions {
  /** Environments to look at; all when left out. */
  readonly envs?: readonly string[]
  /** Tables to look at; all when left out. */
  readonly tables?: readonly string[]
  /** Looks at all versions in the logs, not at the heads alone. */
  readonly history?: boolean
  readonly signal?: AbortSignal
  /** Called before each version. */
  readonly onVersion?: (table: string, done: number, all: number) => void
}

/** A version of a table that is not what it was when it was published. */
export interface DamagedVersion {
  readonly env: string
  readonly table: string
  readonly head: Head
  /** It is what the environment says that the table is now. */
  readonly isHead: boolean
  readonly problems: readonly Problem[]
}

export interface VerifyReport {
  readonly environments: readonly string[]
  readonly commits: number
  readonly versions: number
  readonly files: number
  readonly bytes: number
  /** Versions in the history of which nothing is left: a cleaning has deleted them. */
  readonly cleaned: number
  readonly damaged: readonly DamagedVersion[]
  /** Damage of logs and checkpoints. */
  readonly logProblems: readonly Problem[]
  readonly checkpoints: readonly { readonly env: string; readonly number: number }[]
  /** Caches that are damaged, and what lies in folders of versions without being of them. */
  readonly spare: SpareDamage
}

interface Candidate {
  readonly env: string
  readonly table: string
  readonly head: Head
  readonly isHead: boolean
}

/**
 * Reads all that a lake holds and compares it with its checksums: logs, checkpoints, manifests, and the BLAKE3 of
 * every data file. A version that several environments share is read once.
 */
export async function verifyLake(lake: Lake, options: VerifyLakeOptions = {}): Promise<VerifyReport> {
  const { storage } = lake
  const environments = options.envs ?? (await allEnvironments(storage))
  const logProblems: Problem[] = []
  const checkpoints: { env: string; number: number }[] = []
  const candidates: Candidate[] = []
  let commits = 0
  for (const env of environments) {
    const log = await verifyLog({ storage, env })
    commits += log.commits
    logProblems.push(...log.problems)
    checkpoints.push(...log.checkpoints.map((number) => ({ env, number })))
    const heads = await headsOf(lake, env)
    for (const [table, head] of heads) candidates.push({ env, table, head, isHead: true })
    if (!options.history) continue
    for (const entry of log.entries) {
      for (const [table, head] of Object.entries(entry.heads))
        if (head && heads.get(table)?.version !== head.version)
          candidates.push({ env, table, head, isHead: false })
    }
  }
  const wanted = candidates.filter(({ table }) => options.tables?.includes(table) ?? true)
  const { folders, ...versions } = await verifyVersions(lake, wanted, options)
  const whole = options.envs === undefined && options.tables === undefined
  const spare = joined([...folders, ...(whole ? [await verifyCaches(lake)] : [])])
  return { environments, commits, logProblems, checkpoints, spare, ...versions }
}

function joined(parts: readonly SpareDamage[]): SpareDamage {
  return { problems: parts.flatMap(({ problems }) => problems), keys: parts.flatMap(({ keys }) => keys) }
}

/** The heads of an environment; none where its log cannot be read, which is told by itself. */
async function headsOf(lake: Lake, env: string): Promise<ReadonlyMap<string, Head>> {
  try {
    return (await lake.env(env).state()).heads
  } catch (error) {
    if (problemsOf(error) === undefined) throw error
    return new Map()
  }
}

type Verified = Pick<VerifyReport, 'versions' | 'files' | 'bytes' | 'cleaned' | 'damaged'> & {
  readonly folders: readonly SpareDamage[]
}

async function verifyVersions(
  lake: Lake,
  candidates: readonly Candidate[],
  { signal, onVersion }: VerifyLakeOptions,
): Promise<Verified> {
  const known = new Map<string, readonly Problem[] | 'cleaned'>()
  const folders: SpareDamage[] = []
  const damaged: DamagedVersion[] = []
  let [files, bytes] = [0, 0]
  for (const [at, { env, table, head, isHead }] of candidates.entries()) {
    signal?.throwIfAborted()
    onVersion?.(table, at, candidates.length)
    let found = known.get(head.manifest)
    if (found === undefined) {
      found = await verifyVersion(lake, table, head, folders)
      known.set(head.manifest, found)
      files += head.many ?? head.files.length
      bytes += head.bytes
    }
    if (found === 'cleaned' && !isHead) continue
    const problems = found === 'cleaned' ? await problemsIn(lake, table, head, folders) : found
    if (problems.length > 0) damaged.push({ env, table, head, isHead, problems })
  }
  const cleaned = [...known.values()].filter((found) => found === 'cleaned').length
  return { versions: known.size, files, bytes, cleaned, damaged, folders }
}

async function verifyVersion(
  lake: Lake,
  table: string,
  head: Head,
  folders: SpareDamage[],
): Promise<readonly Problem[] | 'cleaned'> {
  const { storage } = lake
  const stats = await Promise.all(
    [head.manifest, ...head.files.map(({ key }) => key)].map((key) => storage.stat(key)),
  )
  return stats.every((stat) => stat === undefined) ? 'cleaned' : problemsIn(lake, table, head, folders)
}

/** What is wrong with a version; what lies beside it goes to `folders`. */
async function problemsIn(
  lake: Lake,
  table: string,
  head: Head,
  folders: SpareDamage[],
): Promise<readonly Problem[]> {
  try {
    const manifest = await lake.version(table, head)
    folders.push(await verifyFolder(lake, head.manifest, manifest))
    return await verifyFiles(lake.storage, manifest, { hash: true })
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    return problems
  }
}
