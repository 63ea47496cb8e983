import { problemsOf, type Problem } from '../base/problem.ts'
import { allEnvironments } from './environments.ts'
import type { Lake } from './lake.ts'
import type { Head } from './types.ts'
import { cleanedVersions } from './verify-cleaned.ts'
import { noneCompared, verifyFiles, type ComparedFiles } from './verify.ts'
import { verifyCaches, verifyFolder, type SpareDamage } from './verify-rest.ts'
import { verifyLog } from './verify-log.ts'

export interface VerifyLakeOptions {
  /** Environments to look at; all when left out. */
  readonly envs?: readonly string[]
  /** Tables to look at; all when left out. */
  readonly tables?: readonly string[]
  /** Looks at all versions in the logs, not at the heads alone. */
  readonly history?: boolean
  /** Keys that somebody has found damaged. */
  readonly suspects?: readonly string[]
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
  /** Each file counts once, whatever number of versions shares it. */
  readonly files: number
  readonly bytes: number
  /** Versions in the history of which nothing is left but what others share: a cleaning has deleted them. */
  readonly cleaned: number
  readonly damaged: readonly DamagedVersion[]
  /** Keys of manifests and files that are not as they were written, each once. */
  readonly damagedKeys: readonly string[]
  /** Those of the suspects that are as they were written. */
  readonly cleared: readonly string[]
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

type Verified = Pick<
  VerifyReport,
  'versions' | 'files' | 'bytes' | 'cleaned' | 'damaged' | 'damagedKeys' | 'cleared'
> & {
  readonly folders: readonly SpareDamage[]
}

async function verifyVersions(
  lake: Lake,
  candidates: readonly Candidate[],
  { suspects = [], signal, onVersion }: VerifyLakeOptions,
): Promise<Verified> {
  const known = new Map<string, readonly Problem[] | 'cleaned'>()
  const look: Look = { lake, folders: [], compared: noneCompared() }
  const isCleaned = cleanedVersions(lake)
  const damaged: DamagedVersion[] = []
  for (const [at, { env, table, head, isHead }] of candidates.entries()) {
    signal?.throwIfAborted()
    onVersion?.(table, at, candidates.length)
    let found = known.get(head.manifest)
    // What an environment has now is damaged when it is gone, whoever deleted it.
    if (found === undefined || (found === 'cleaned' && isHead)) {
      found = !isHead && (await isCleaned(head)) ? 'cleaned' : await problemsIn(look, table, head)
      known.set(head.manifest, found)
    }
    if (found !== 'cleaned' && found.length > 0) damaged.push({ env, table, head, isHead, problems: found })
  }
  const cleaned = [...known.values()].filter((found) => found === 'cleaned').length
  const { folders, compared } = look
  return {
    versions: known.size,
    files: compared.faults.size,
    bytes: compared.bytes,
    cleaned,
    damaged,
    damagedKeys: [...compared.damaged],
    cleared: suspects.filter((key) => compared.sound.has(key) && !compared.damaged.has(key)),
    folders,
  }
}

/** What was seen so far. */
interface Look {
  readonly lake: Lake
  readonly folders: SpareDamage[]
  readonly compared: ComparedFiles
}

/** What is wrong with a version; what lies beside it goes to `folders`. */
async function problemsIn(
  { lake, folders, compared }: Look,
  table: string,
  head: Head,
): Promise<readonly Problem[]> {
  try {
    const manifest = await lake.version(table, head)
    compared.sound.add(head.manifest)
    folders.push(await verifyFolder(lake, head.manifest, manifest))
    return await verifyFiles(lake.storage, manifest, { hash: true, compared })
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    compared.damaged.add(head.manifest)
    return problems
  }
}
