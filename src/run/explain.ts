import { closeAll } from './close-all.ts'
import { stateToBegin } from './begin.ts'
import { ProblemError, unlessProblem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { ResolvedFlow, ResolvedStep } from '../flow/resolve.ts'
import { detailOf } from '../freshness/detail.ts'
import { changesWithin } from '../freshness/explain.ts'
import type { Reason } from '../freshness/reason.ts'
import { stepKey } from '../freshness/step-key.ts'
import type { EnvState, StepRecord } from '../lake/types.ts'
import type { Cause, Explanation, SelectOptions } from './options.ts'
import { detailOfRecord, entryOfRecord } from './record-detail.ts'
import { surveyPartitions } from './partition-survey.ts'
import { rebuildOf } from './rebuild.ts'
import { lazyPool, resolvedOf } from './run.ts'
import { survey, type SurveyedStep } from './survey.ts'
import { declareTargets, type Target } from './targets.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

/**
 * Why a step is what it is: the tree of causes, each with before and after, down through stale inputs to what
 * changed first. A step is named by its name, notebook or a table that it writes.
 *
 * @throws ProblemError `project/unknown` for a step that no flow has
 */
export async function explain(
  target: Target,
  step: string,
  options: SelectOptions = {},
): Promise<Explanation> {
  const workspace = await openWorkspace(options)
  const pools = lazyPool(workspace, {})
  try {
    const flows = await declareTargets(workspace, target, options.args ?? {}, pools.get)
    const state = await stateToBegin(workspace)
    const known: string[] = []
    for (const { flow, codeOf } of flows) {
      const resolved = resolvedOf(flow)
      const found = resolved.steps.find((one) => isCalled(one, step))
      known.push(...resolved.steps.map(({ name }) => name))
      if (!found) continue
      const all = new Set(resolved.steps.map(({ name }) => name))
      const around = { ...workspace, codeOf }
      const surveyed = await survey(around, resolved, all, state, new Set())
      return await explanationOf(workspace, resolved, found, surveyed, state)
    }
    throw new ProblemError({
      code: 'project/unknown',
      message: `there is no step '${step}'`,
      hint: didYouMean(step, known),
    })
  } finally {
    await closeAll(pools, workspace)
  }
}

function isCalled(step: ResolvedStep, name: string): boolean {
  return [step.name, step.notebook, step.file, ...step.outputs.map(({ table }) => table.name)].includes(name)
}

async function explanationOf(
  workspace: Workspace,
  flow: ResolvedFlow,
  step: ResolvedStep,
  surveyed: ReadonlyMap<string, SurveyedStep>,
  state: EnvState,
): Promise<Explanation> {
  const record = state.steps.get(stepKey(step, flow.flow.name))
  const causes = await causesOf(workspace, flow, step, surveyed, state, new Set())
  const seen = surveyed.get(step.name)
  const stale = step.partition && seen?.verdict === 'stale'
  const partitions = stale ? await surveyPartitions(workspace.lake, seen, record) : undefined
  const rebuild = await rebuildOf(workspace, flow, step, seen, state)
  const told = (record?.accepted ?? []).map(({ input, from, to, columns }) => ({ input, from, to, columns }))
  return {
    step: step.name,
    notebook: step.notebook,
    verdict: surveyed.get(step.name)?.verdict ?? 'fresh',
    causes,
    ...(partitions && { partitions }),
    ...(rebuild !== undefined && { rebuild }),
    ...computedOf(record, workspace.envName),
    accepted: told,
  }
}

/** When and by whom the rows were computed, as far as the record says. */
function computedOf(record: StepRecord | undefined, env: string): Pick<Explanation, 'computed'> {
  if (record?.run === undefined) return {}
  const { computedAt: at, run, fingerprint, reused, from, incremental } = record
  const moved = from && from.env !== env
  return {
    computed: {
      at,
      run,
      fingerprint,
      ...(reused && { reused }),
      ...(moved && { from }),
      ...(incremental && { incremental }),
    },
  }
}

async function causesOf(
  workspace: Workspace,
  flow: ResolvedFlow,
  step: ResolvedStep,
  surveyed: ReadonlyMap<string, SurveyedStep>,
  state: EnvState,
  seen: ReadonlySet<string>,
): Promise<Cause[]> {
  const seenNow = surveyed.get(step.name)
  if (!seenNow || seen.has(step.name)) return []
  const record = state.steps.get(stepKey(step, flow.flow.name))
  const before = record && (await detailOfRecord(workspace, record, stepKey(step, flow.flow.name)))
  const now = await detailOf(seenNow.findings)
  const causes: Cause[] = []
  for (const reason of seenNow.reasons) {
    const upstream = reason.word === 'upstream-stale' ? flow.byName.get(reason.subject ?? '') : undefined
    const inner = upstream
      ? await causesOf(workspace, flow, upstream, surveyed, state, new Set([...seen, step.name]))
      : []
    causes.push({
      reason,
      details: changesWithin(reason, before, now),
      causes: [...inner, ...(await writerCause(workspace, reason, step, state))],
    })
  }
  return causes
}

/** For an input with a new version: why its writer ran, as the commit that set the version says. */
async function writerCause(
  workspace: Workspace,
  reason: Reason,
  step: ResolvedStep,
  state: EnvState,
): Promise<Cause[]> {
  const input = step.inputs.find(({ handle }) => handle === reason.subject)
  const head = input?.kind === 'table' ? state.heads.get(input.name) : undefined
  if (reason.word !== 'input-changed' || !head) return []
  const writer = [...state.steps.values()].find(({ outputs }) => outputs[input?.name ?? ''] === head.version)
  const entry = writer?.from
    ? await entryOfRecord(workspace, writer)
    : await unlessProblem(() => workspace.env.entry(head.commit))
  if (!entry) return []
  const detail = `${input?.name}@${head.seq} was written by step '${entry.step ?? head.notebook}' at ${entry.at}, run ${entry.run}`
  return [{ reason: { word: 'input-changed', subject: input?.name, detail }, details: [], causes: [] }]
}
