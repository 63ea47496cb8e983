import { ProblemError } from '../base/problem.ts'
import type { Problem } from '../base/problem.ts'
import type { JudgedChange } from '../check/acknowledge.ts'
import { environmentOf } from '../flow/environment-name.ts'
import { findProject } from '../flow/project.ts'
import type { DiffAgainst } from './contract-diff.ts'
import { diffAll } from './diff.ts'
import type { TableDiff } from './diff-result.ts'
import type { ProjectOptions } from './options.ts'
import { reachedTables } from './summary-reach.ts'
import type { ReachedTable } from './summary-reach.ts'

export interface SummaryOptions extends ProjectOptions {
  /**
   * What the code and its data are compared with: an environment (`prod`, or `env:prod`), and `lock` or
   * `git:<revision>` for contracts. The lock when left out.
   */
  readonly against?: readonly string[]
  /** How many examples of each kind; 3 when left out. */
  readonly examples?: number
}

/** What a change means: contracts, data, and what it reaches downstream. */
export interface ChangeSummary {
  readonly env: string
  readonly contracts: {
    /** What they were compared with, for people. */
    readonly against: string
    readonly changes: readonly JudgedChange[]
    readonly notes: readonly string[]
  }
  /** Left out when no environment was said to compare data with. */
  readonly data?: { readonly from: string; readonly to: string; readonly tables: readonly TableDiff[] }
  /** For each table that changed, the columns downstream that its changed columns flow into. */
  readonly reaches: { readonly [table: string]: readonly ReachedTable[] }
  /** Mistakes of the project: steps that are wrong are missing in `reaches`. */
  readonly problems: readonly Problem[]
}

/**
 * Joins what changed in contracts, in the data of an environment, and which columns downstream it reaches. It
 * only reads, and runs no notebook.
 *
 * @throws ProblemError `project/unknown`, `project/usage`, and all that `sluice contract diff` and `sluice diff` find
 */
export async function summary(options: SummaryOptions = {}): Promise<ChangeSummary> {
  const { examples = 3, against = [] } = options
  const base = readAgainst(against)
  const env = environmentOf(await findProject(options.projectRoot), options.env, { reads: true })
  const tables: TableDiff[] = []
  if (base.env !== undefined)
    for await (const each of diffAll(`${base.env}..${env}`, { ...options, examples })) tables.push(each)
  const { contractDiff } = await import('./contract-diff.ts')
  const { changes, notes, against: contracts } = await contractDiff(options, base.contracts)
  const { reaches, problems } = await reachedTables(options, changes, tables)
  return {
    env,
    contracts: { against: contracts, changes, notes },
    ...(base.env !== undefined && { data: { from: base.env, to: env, tables } }),
    reaches,
    problems,
  }
}

/** What `--against` says: where contracts come from, and the environment of the data. */
function readAgainst(texts: readonly string[]): { contracts: DiffAgainst; env?: string } {
  const contracts = texts.filter((text) => text === 'lock' || text.startsWith('git:'))
  const envs = texts.filter((text) => !contracts.includes(text)).map((text) => text.replace(/^env:/, ''))
  const [first] = contracts
  const [env] = envs
  if (contracts.length > 1 || envs.length > 1 || first === 'git:' || env === '') {
    throw new ProblemError({
      code: 'project/usage',
      message: `--against ${texts.join(' --against ')}: one environment is expected, and beside it lock or git:<revision>`,
      hint: 'such as --against prod, or --against git:origin/main --against prod',
    })
  }
  const from = first?.startsWith('git:') ? { git: first.slice('git:'.length) } : {}
  return {
    contracts: first === undefined && env !== undefined ? { env } : from,
    ...(env !== undefined && { env }),
  }
}
