import { ProblemError, type Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { tableInputs } from '../freshness/table-inputs.ts'
import { isProtected } from '../flow/environment-name.ts'
import { isEmpty } from '../lake/begin.ts'
import { mayBeDeleted } from '../lake/fence.ts'
import { pinnedState, removePin } from '../lake/pins.ts'
import type { Changes, EnvState } from '../lake/types.ts'
import { checkName, openEnvPlace, stateOf, type EnvPlace, type PlaceOptions } from './env-place.ts'
import { exportCommits } from './export-delta.ts'
import { refusals } from './promote-checks.ts'
import { planOf, type PromotePlan } from './promote-plan.ts'
import { changesOf, promoteSet, type PromoteSet } from './promote-set.ts'

export interface PromoteOptions extends PlaceOptions {
  /** The tables to promote, with all that their steps write; all that differ when left out. */
  readonly tables?: readonly string[]
  /** Only says what would be done. */
  readonly dryRun?: boolean
  /** How many examples of rows that differ; 3 when left out. `false`: rows are not compared. */
  readonly examples?: number | false
  /** Asked with the plan before anything is done, when nothing speaks against it; it is done when left out. */
  readonly confirm?: (plan: PromotePlan) => Promise<boolean>
}

export interface PromoteResult {
  readonly outcome: 'promoted' | 'nothing' | 'planned' | 'declined' | 'refused'
  readonly plan: PromotePlan
  /** The commit of the target. */
  readonly commit?: number
  /** Why tables could not be exported for other tools. The promote stands. */
  readonly warnings?: readonly Problem[]
}

/**
 * Makes versions of one environment the heads of another, in one commit: nothing is copied or computed, and a run
 * there finds them fresh. Refused when the target would not hold what they were computed from, when it has
 * changed since the source was begun from it, for args that somebody typed, for restored tables and for damage.
 *
 * @throws ProblemError `project/unknown`, `project/usage`, `storage/commit-conflict`
 */
export async function promote(
  from: string,
  to: string,
  options: PromoteOptions = {},
): Promise<PromoteResult> {
  const place = await openEnvPlace(options)
  const { lake } = place
  const run = lake.runs.newId()
  try {
    await checkEnds(place, from, to)
    // The target first: what the source holds is looked at later than any cleaning that the target knows of.
    const target = await lake.env(to).state()
    const source = options.dryRun
      ? await stateOf(place, from)
      : await pinnedState(lake.storage, lake.env(from), run)
    const set = promoteSet(source, target, options.tables)
    const problems = await refusals(lake, source, target, set, options.tables)
    const examples = options.examples === false ? undefined : (options.examples ?? 3)
    const plan = await planOf(place, source, target, set, { problems, examples })
    if (problems.length > 0) return { outcome: 'refused', plan }
    if (set.steps.length === 0) return { outcome: 'nothing', plan }
    if (options.dryRun) return { outcome: 'planned', plan }
    if (options.confirm && !(await options.confirm(plan))) return { outcome: 'declined', plan }
    const commit = await commitSet(place, source, target, set, run)
    await lake.env(to).flush()
    const warnings = await exportCommits({ ...place, envName: to }, lake)
    return { outcome: 'promoted', plan, commit, ...(warnings.length > 0 && { warnings }) }
  } finally {
    await removePin(lake.storage, run)
    await place.close()
  }
}

async function checkEnds(place: EnvPlace, from: string, to: string): Promise<void> {
  checkName(to)
  if (from === to) {
    throw new ProblemError({
      code: 'project/usage',
      message: `'${from}' cannot be promoted to itself`,
      hint: 'write sluice promote dev --to prod',
    })
  }
  await stateOf(place, from)
  const { lake, project } = place
  const known = await lake.envs()
  // A mistyped name must not become an environment.
  const meant = known.includes(to) || to === lake.defaultEnv || isProtected(project.config, to)
  if (meant || Object.hasOwn(project.config.environments, to)) return
  throw new ProblemError({
    code: 'project/unknown',
    message: `there is no environment '${to}' (in ${place.where})`,
    hint: didYouMean(to, known) ?? `\`sluice env create ${to} --from ${from}\` begins it`,
  })
}

async function commitSet(
  { lake }: EnvPlace,
  source: EnvState,
  target: EnvState,
  set: PromoteSet,
  run: string,
): Promise<number> {
  const env = lake.env(target.env)
  const changes = changesOf(source, set)
  // A cleaning must know of an environment before it holds anything.
  const base = isEmpty(target) ? await env.opened(run) : target
  const relied = set.steps.flatMap(({ record }) =>
    record ? tableInputs(record).map(({ table }) => table) : [],
  )
  const meta = { kind: 'promote', run, source: { env: source.env, commit: source.commit } } as const
  // A cleaning whose mark in the log we have seen already would not make our commit lose a race.
  const cleaned = await mayBeDeleted(lake.storage, changes)
  const done = cleaned
    ? undefined
    : await env.commit(base, changes, meta, (now) =>
        changedMeanwhile(target, now, changes, relied) ? 'conflict' : changes,
      )
  if (done?.committed) return done.entry.number
  throw new ProblemError({
    code: 'storage/commit-conflict',
    message: `a cleaning may delete what was to be promoted to '${target.env}'`,
    hint: 'nothing was changed; promote again when it is done',
  })
}

/** Whether somebody has changed, between two states, what a commit sets or relies on. */
export function changedMeanwhile(
  before: EnvState,
  now: EnvState,
  { heads, steps }: Changes,
  relied: Iterable<string> = [],
): boolean {
  const tables = [...Object.keys(heads), ...relied]
  return (
    tables.some((table) => before.heads.get(table)?.version !== now.heads.get(table)?.version) ||
    Object.keys(steps).some((key) => before.steps.get(key)?.fingerprint !== now.steps.get(key)?.fingerprint)
  )
}
