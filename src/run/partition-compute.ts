import { renderLooking } from './render-queries.ts'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pLimit from 'p-limit'
import { ProblemError, type Problem } from '../base/problem.ts'
import { partitionKey, partitionName, type DeclaredPartition } from '../contract/partition.ts'
import { tellPartition } from '../contract/partition-told.ts'
import type { Json } from '../base/wire.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { CheckResult, StagedOutput } from '../engine/engine.ts'
import type { StepFindings } from '../freshness/findings.ts'
import type { FoundPartitions } from '../freshness/partition-facts.ts'
import type { StalePartition } from '../freshness/partition-plan.ts'
import { compute, type ComputeAsk, type Staging } from './compute.ts'
import { errnoOf } from '../storage/fault.ts'
import { stepProblems } from './failures.ts'
import { CodeChanged } from './meanwhile.ts'
import { partChecks } from './partition-ask.ts'
import type { TracedQuery } from './protocol.ts'
import { withRetries } from './retry.ts'
import type { RunScope } from './scope.ts'
import { keptRows } from './tell-checks.ts'

/** A partition that was computed: its outputs are staged, each in a folder of its own. */
export interface ComputedPartition {
  readonly plan: StalePartition
  readonly outputs: readonly { readonly staging: Staging; readonly staged: StagedOutput }[]
  /** When it began, ISO 8601. */
  readonly computedAt: string
  readonly read: { readonly [handle: string]: number }
  readonly result?: Json
  readonly queryDigests?: { readonly [handle: string]: string }
}

export interface FailedPartition {
  readonly values: readonly string[]
  readonly problems: readonly Problem[]
}

export interface ComputedPartitions {
  readonly computed: readonly ComputedPartition[]
  readonly failed: readonly FailedPartition[]
  /** Those that were not tried, because all before them failed. */
  readonly untried: number
  /** Queries look at the partition, so that those of another one may be others. */
  readonly readsPartition: boolean
  readonly checks: readonly CheckResult[]
}

/** When so many partitions have failed and none was computed, the others are not tried. */
const hopeless = 20

/** Computes partitions, several at once, each into folders of its own. One that fails keeps no other from it. */
export async function computePartitions(
  scope: RunScope,
  findings: StepFindings,
  found: FoundPartitions,
  stale: readonly StalePartition[],
  ask: ComputeAsk,
  rendered: RenderedOnce | undefined,
): Promise<ComputedPartitions> {
  const { step } = findings
  const partition = step.partition as DeclaredPartition
  const computed: ComputedPartition[] = []
  const failed: FailedPartition[] = []
  const checks: CheckResult[] = []
  const whole = await wholeFiles(ask, found)
  const narrowed = narrow(findings)
  let untried = 0
  const one = async (plan: StalePartition, at: number) => {
    ask.signal.throwIfAborted()
    if (failed.length >= hopeless && computed.length === 0) return void untried++
    const begun = performance.now()
    const name = partitionName(partition.by, plan.values)
    const problems: Problem[] = []
    try {
      const work = () =>
        computeOne(scope, { ...ask, findings: narrowed }, found, plan, at, whole, rendered?.shared, checks)
      computed.push(await withRetries(retrying(scope, findings, name, ask.signal), work))
    } catch (error) {
      if (ask.signal.aborted || error instanceof CodeChanged) throw error
      problems.push(
        ...stepProblems(error, step, scope.workspace.root).map((problem) => placed(problem, name)),
      )
      failed.push({ values: plan.values, problems })
    }
    scope.emit({
      event: 'partition-finished',
      step: step.name,
      partition: name,
      outcome: problems.length > 0 ? 'failed' : 'ran',
      done: computed.length + failed.length,
      of: stale.length,
      ms: performance.now() - begun,
      problems,
    })
  }
  const limit = pLimit(Math.max(1, scope.parallel))
  const ends = await Promise.allSettled(stale.map((plan, at) => limit(() => one(plan, at))))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  const inOrder = new Map(computed.map((each) => [each.plan, each]))
  return {
    computed: stale.flatMap((plan) => inOrder.get(plan) ?? []),
    failed,
    untried,
    readsPartition: rendered?.readsPartition ?? true,
    checks,
  }
}

async function computeOne(
  scope: RunScope,
  ask: ComputeAsk,
  found: FoundPartitions,
  plan: StalePartition,
  at: number,
  whole: ReadonlyMap<string, readonly string[]>,
  queries: readonly TracedQuery[] | undefined,
  checks: CheckResult[],
): Promise<ComputedPartition> {
  const { step } = ask.findings
  const partition = step.partition as DeclaredPartition
  const stagings = ask.stagings.map((staging) => ({
    ...staging,
    folder: path.join(staging.folder, `p${at}`),
  }))
  for (const { folder } of stagings) {
    await emptyFolder(folder)
  }
  const key = partitionKey(plan.values)
  const files = new Map(whole)
  const read: Record<string, number> = {}
  for (const input of found.inputs) {
    const content = found.facts.inputs.get(input.handle)?.get(key)
    const manifest = found.manifests.get(input.handle)
    const own = content?.files ?? []
    files.set(
      input.handle,
      manifest ? await ask.lake.files({ ...manifest, files: own }) : (content?.paths ?? []),
    )
    if (content?.rows !== undefined) read[input.handle] = content.rows
  }
  const computedAt = new Date(scope.now()).toISOString()
  const told = tellPartition(partition, plan.values)
  const mine: CheckResult[] = []
  const failures = { folder: scope.pool.tempFolder(), limit: keptRows }
  try {
    const { staged, result, queryDigests } = await compute({
      ...ask,
      stagings,
      failures,
      checked: (more) => mine.push(...more),
      standing: standsOf(ask, key),
      partition: { told, files, ...(queries && { queries }) },
    })
    Object.assign(read, await countSources(scope, ask, found, files))
    const outputs = stagings.flatMap((staging) => {
      const output = staged.find(({ handle }) => handle === staging.handle)
      return output ? [{ staging, staged: output }] : []
    })
    for (const { staging, staged: output } of outputs) refuseForeign(staging, output, plan, partition)
    return {
      plan,
      outputs,
      computedAt,
      read,
      ...(result !== undefined && { result }),
      ...(queryDigests && { queryDigests }),
    }
  } finally {
    checks.push(...mine)
  }
}

/** Makes a folder; a try before may have left it with what it wrote. */
async function emptyFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder)
  }
}

/** What stands of one partition. */
function standsOf({ standing }: ComputeAsk, key: string): NonNullable<ComputeAsk['standing']> {
  const tables = [...(standing ?? [])].map(([table, { manifest, partitions }]) => {
    const own = partitions.get(key)
    return [table, { manifest, partitions: new Map(own ? [[key, own]] : []) }] as const
  })
  return new Map(tables)
}

/** A row of another partition would be lost, or stand there twice. */
function refuseForeign(
  { table }: Staging,
  { partitions = [] }: StagedOutput,
  { values }: StalePartition,
  { by }: DeclaredPartition,
): void {
  const foreign = partitions.filter((each) => partitionKey(each.values) !== partitionKey(values))
  if (foreign.length === 0) return
  const rows = foreign.reduce((sum, file) => sum + file.rows, 0)
  const names = foreign.slice(0, 3).map((each) => partitionName(by, each.values))
  const more = foreign.length > names.length ? ` and ${foreign.length - names.length} more` : ''
  throw new ProblemError({
    code: 'partition/foreign-rows',
    message: `output table '${table}': ${rows} ${rows === 1 ? 'row is' : 'rows are'} of ${names.join(', ')}${more}, not of the partition that is computed`,
    hint: `write rows of ${partitionName(by, values)} only: filter by the values in \`partition\``,
  })
}

/** So many rows each source had: only where late rows are counted, because it costs another look at the files. */
async function countSources(
  { pool }: RunScope,
  { findings: { step }, signal }: ComputeAsk,
  { inputs }: FoundPartitions,
  files: ReadonlyMap<string, readonly string[]>,
): Promise<Readonly<Record<string, number>>> {
  const sources = inputs.filter(({ kind }) => kind === 'source')
  if (sources.length === 0 || step.partition?.lookback === undefined) return {}
  const bound = sources.map(({ handle, name, columns, origin }) => ({
    handle,
    name,
    columns,
    from: { kind: 'source' as const, source: origin as DeclaredSource, files: files.get(handle) ?? [] },
  }))
  return (await pool.engines.ask('countRows', { inputs: bound }, { signal, by: step.name })).rows
}

/** The files of tables that are read whole: looked up once for all partitions. */
async function wholeFiles({ lake, findings }: ComputeAsk, { inputs }: FoundPartitions) {
  const files = new Map<string, readonly string[]>()
  for (const { handle, name } of findings.step.inputs) {
    const head = findings.state.heads.get(name)
    if (
      inputs.some((input) => input.handle === handle) ||
      findings.inputs.get(handle)?.kind !== 'table' ||
      !head
    )
      continue
    files.set(handle, await lake.headFiles(name, head))
  }
  return files
}

/** The queries of a step, where they are the same for all partitions. */
export interface RenderedOnce {
  readonly shared: readonly TracedQuery[] | undefined
  readonly readsPartition: boolean
}

/** Queries that do not look at the partition are rendered once. */
export async function queriesOf(
  { findings: { step }, pool, root, signal, printed, loaded }: ComputeAsk,
  first: StalePartition | undefined,
): Promise<RenderedOnce | undefined> {
  if (step.kind === 'run' || !first || !step.partition) return undefined
  const told = tellPartition(step.partition, first.values)
  const { queries, readsPartition } = await renderLooking(pool, root, step, signal, printed, told)
  await loaded?.()
  return { shared: readsPartition ? undefined : queries, readsPartition }
}

/** A step whose contracts are held against one partition. */
function narrow(findings: StepFindings): StepFindings {
  const { step } = findings
  const written = new Set(step.outputs.map(({ table }) => table.name))
  const by = step.partition?.by ?? []
  const outputs = step.outputs.map((output) => ({
    ...output,
    table: partChecks(output.table, by, written).part,
  }))
  return { ...findings, step: { ...step, outputs } }
}

function retrying(scope: RunScope, { step }: StepFindings, name: string, signal: AbortSignal) {
  const policy = scope.limitsOf(step).retries
  return {
    policy,
    signal,
    rest: (ms: number) => wait(ms, undefined, { signal }),
    failed: ({ attempt, pause, error }: { attempt: number; pause: number; error: unknown }) => {
      const problems = stepProblems(error, step, scope.workspace.root).map((problem) => placed(problem, name))
      scope.emit({ event: 'step-retried', step: step.name, attempt, of: policy.times + 1, pause, problems })
    },
  }
}

function placed(problem: Problem, name: string): Problem {
  return { ...problem, message: `${name}: ${problem.message}` }
}
