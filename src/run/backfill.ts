import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { grainExamples, isRangeEnd } from '../contract/partition-time.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import type { ResolvedFlow } from '../flow/resolve.ts'
import { stepKey } from '../freshness/step-key.ts'
import { stateToBegin } from './begin.ts'
import { closeAll } from './close-all.ts'
import type { PlannedPartition, RunOptions, RunResult } from './options.ts'
import { reprocessWords, type BackfillAsk } from './partition-ask.ts'
import { surveyPartitions } from './partition-survey.ts'
import { lazyPool, resolvedOf, runAgain } from './run.ts'
import { survey } from './survey.ts'
import { declareTargets } from './targets.ts'
import { openWorkspace } from './workspace.ts'

export interface BackfillOptions
  extends
    Omit<RunOptions, 'select' | 'from' | 'force' | 'concurrency' | 'keepGoing' | 'noCache'>,
    Omit<BackfillAsk, 'step'> {
  /** How many partitions are computed at once; the number of processors when left out. */
  readonly maxParallel?: number
  /** Only says which partitions would be computed. */
  readonly dryRun?: boolean
}

export interface BackfillResult {
  /** The partitions that were asked for, in order: computed, or to be. */
  readonly partitions: readonly PlannedPartition[]
  /** Left out when nothing was run. */
  readonly result?: RunResult
}

/**
 * Computes partitions of a step that works by partition: those of a range that are missing or of other inputs than
 * now, late rows too, or those that failed, or all. Steps upstream are not run: it reads their tables as they are.
 *
 * @param name of the step, its notebook or a table that it writes
 * @throws ProblemError for a step that no flow has, or that does not work by partition
 */
export async function backfill(name: string, options: BackfillOptions = {}): Promise<BackfillResult> {
  const { from, to, reprocess, maxParallel, dryRun, ...rest } = options
  const ask = {
    step: name,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(reprocess && { reprocess }),
  }
  const workspace = await openWorkspace(rest)
  const pools = lazyPool(workspace, {})
  try {
    const flows = await declareTargets(workspace, undefined, rest.args ?? {}, pools.get)
    const resolved = flows.map((each) => ({ ...each, resolved: resolvedOf(each.flow) }))
    const place = resolved.find((each) => stepCalled(each.resolved, name))
    const step = place && stepCalled(place.resolved, name)
    if (!place || !step)
      throw unknown(
        name,
        resolved.map((each) => each.resolved),
      )
    checkAsk(step, ask)
    const state = await stateToBegin(workspace)
    const around = { ...workspace, codeOf: place.codeOf }
    const seen = (
      await survey(around, place.resolved, new Set([step.name]), state, new Set([step.name]))
    ).get(step.name)
    const record = state.steps.get(stepKey(step, place.flow.name))
    const partitions = seen ? await surveyPartitions(workspace.lake, seen, record, ask) : []
    if (dryRun === true || partitions.length === 0) return { partitions }
    const how = {
      ...rest,
      select: [step.name],
      force: true,
      ...(maxParallel !== undefined && { concurrency: maxParallel }),
    }
    return { partitions, result: await runAgain([place.flow.name], how, undefined, { backfill: ask }) }
  } finally {
    await closeAll(pools, workspace)
  }
}

function stepCalled({ steps }: ResolvedFlow, name: string) {
  return (
    steps.find((step) => step.name === name) ??
    steps.find((step) =>
      [step.notebook, step.file, ...step.outputs.map(({ table }) => table.name)].includes(name),
    )
  )
}

function unknown(name: string, flows: readonly ResolvedFlow[]): ProblemError {
  const known = flows.flatMap(({ steps }) =>
    steps.filter(({ partition }) => partition).map((step) => step.name),
  )
  return new ProblemError({
    code: 'project/unknown',
    message: `there is no step '${name}'`,
    hint: didYouMean(name, known),
  })
}

/** Throws a ProblemError with all that is wrong with what was asked. */
function checkAsk({ name, partition, where }: DeclaredStep, { from, to, reprocess }: BackfillAsk): void {
  if (!partition)
    throw new ProblemError({
      code: 'partition/not-partitioned',
      message: `step '${name}' does not work by partition`,
      ...(where && { where }),
      hint: `run it as a whole: sluice run --select ${name}, or give its notebook \`partition\``,
    })
  const { every, by } = partition
  const wrong = Object.entries({ from, to }).filter(
    ([, text]) => text !== undefined && every !== undefined && !isRangeEnd(every, text),
  )
  const problems = wrong.map(([option, text]) => ({
    code: 'project/usage' as const,
    message: `--${option} '${text}' is no ${every}`,
    hint: `partitions of '${by[0]}' are written such as ${every ? `'${grainExamples[every]}'` : ''}`,
  }))
  if (reprocess !== undefined && !reprocessWords.includes(reprocess))
    problems.push({
      code: 'project/usage' as const,
      message: `--reprocess '${reprocess as string}' is not known`,
      hint: didYouMean(reprocess, reprocessWords) ?? `it is ${reprocessWords.join(', ')}`,
    })
  if (problems.length === 0 && from !== undefined && to !== undefined && from > to && !from.startsWith(to))
    problems.push({
      code: 'project/usage' as const,
      message: `--from ${from} comes after --to ${to}`,
      hint: 'both ends are meant',
    })
  if (problems.length > 0) throw new ProblemError(problems)
}
