import { renderQueries } from './render-queries.ts'
import { emptyRecord } from '../base/record.ts'
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { unlessProblem } from '../base/problem.ts'
import { tablesInChecks } from '../contract/check-form.ts'
import type { DeclaredSource, DeclaredTable } from '../contract/spec.ts'
import type {
  BoundInput,
  KeptFailures,
  OutputTarget,
  SessionRequest,
  SourceRead,
  StagedOutput,
} from '../engine/engine.ts'
import type { DeclaredInput, DeclaredStep } from '../flow/declared.ts'
import type { StepFindings } from '../freshness/findings.ts'
import { tableFolder } from '../freshness/step-key.ts'
import type { SoundVersions } from '../lake/sound.ts'
import type { IncrementalDone } from '../lake/types.ts'
import { newVersionId } from '../lake/version-id.ts'
import type { PartitionTold } from '../contract/partition-told.ts'
import { orAbsent } from '../storage/fault.ts'
import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'
import type { Json } from '../base/wire.ts'
import type { Checked, Printed } from './child.ts'
import { ownShare, type Share } from './engine-hosts.ts'
import { atAddresses } from './fetched-places.ts'
import { guardMemory } from './guard-memory.ts'
import { killLate } from './kill-late.ts'
import { maskedOutput } from './masked-output.ts'
import { noVersion } from './no-version.ts'
import type { Pool } from './pool.ts'
import type { TracedQuery } from './protocol.ts'
import { placedError } from './query-origin.ts'
import { wholeRequest } from './incremental-request.ts'
import { isWithinReach } from './reach.ts'
import { standingFor, type StandingTable } from './standing.ts'

/** An output while it is computed: where it is staged, and where it will be. */
export interface Staging {
  readonly table: string
  readonly handle: string
  readonly version: string
  readonly prefix: string
  readonly folder: string
}

export interface Computed {
  readonly staged: readonly StagedOutput[]
  /** What was read of sources whose rows were counted. */
  readonly sources?: readonly SourceRead[]
  readonly result?: Json
  readonly queryDigests?: { readonly [handle: string]: string }
  readonly byChanges?: readonly string[]
  readonly mustBeFull?: string
  /** How an incremental step was computed. */
  readonly incremental?: IncrementalDone
}

export interface ComputeAsk {
  readonly root: string
  readonly lake: SoundVersions
  readonly pool: Pool
  readonly findings: StepFindings
  readonly stagings: readonly Staging[]
  /** Of partitioned outputs what the head holds, by table: what is the same is not written again. */
  readonly standing?: ReadonlyMap<string, StandingTable>
  readonly signal: AbortSignal
  /** What the process of the step may use, where it has one of its own. */
  readonly share: Share
  readonly printed: Printed
  /** Told what became of data checks, also when the computation fails. */
  readonly checked?: Checked
  /** Where rows that break checks are kept. */
  readonly failures?: KeptFailures
  /** Called when a worker has loaded the notebook; what it throws ends the computation. */
  readonly loaded?: () => Promise<void>
  /** At most so many rows of each input. */
  readonly sample?: number
  /** The partition that is computed. */
  readonly partition?: PartitionAsk
}

/** What of a step is computed, where it works by partition. */
export interface PartitionAsk {
  readonly told: PartitionTold
  /** The files of inputs, by handle, for those that have others than their tables and sources. */
  readonly files: ReadonlyMap<string, readonly string[]>
  /** Queries that are the same for all partitions. */
  readonly queries?: readonly TracedQuery[]
}

/** So much of what a process wrote last is looked at when it ends. */
const lastLetters = 10_000

/** Makes the folders in which the outputs of a step are staged: all of them or none. */
export async function stageOutputs(storage: Storage, step: DeclaredStep): Promise<Staging[]> {
  const stagings = await Promise.allSettled(
    step.outputs.map(async ({ handle, table }) => {
      const version = newVersionId()
      const prefix = layout.version(tableFolder(step, table), table.name, version)
      return { table: table.name, handle, version, prefix, folder: await storage.stage(prefix) }
    }),
  )
  const made = stagings.flatMap((staging) => (staging.status === 'fulfilled' ? staging.value : []))
  const failed = stagings.find((staging) => staging.status === 'rejected')
  if (!failed) return made
  await discardStaged(storage, made)
  throw failed.reason
}

/**
 * Removes staged folders. What was published is no longer there; what was not must not be left. A folder that
 * cannot be removed does no harm, and a cleaning takes it away: the step ended as it did before.
 */
export async function discardStaged(storage: Storage, stagings: readonly Staging[]): Promise<void> {
  for (const { folder } of stagings) {
    await unlessProblem(() => storage.discard(folder))
  }
}

/** Computes a step into its staging folders: queries in the engine host, code in a worker. */
export async function compute(ask: ComputeAsk, prepared: Prepared = {}): Promise<Computed> {
  try {
    return await computeFiles(ask, prepared)
  } catch (error) {
    throw atAddresses(error, ask.findings, ask.root)
  }
}

async function computeFiles(ask: ComputeAsk, prepared: Prepared): Promise<Computed> {
  const { step } = ask.findings
  const whole = await sessionRequest(ask)
  const request = (prepared.adapt ?? wholly(step))(whole)
  const reach = await reachFor(ask, request)
  if (step.kind === 'run') return computeCode(ask, request, reach)
  const queries =
    prepared.queries ??
    ask.partition?.queries ??
    (await renderQueries(ask.pool, ask.root, step, ask.signal, ask.printed, ask.partition?.told))
  await ask.loaded?.()
  const bare = queries.map(({ origin: _origin, ...query }) => query)
  const share = ownShare(step.limits, reach)
  const options = {
    signal: ask.signal,
    by: step.name,
    ...(share && { share }),
    ...(ask.checked && { checked: ask.checked }),
    again: () => emptied(request),
  }
  try {
    return await ask.pool.engines.ask('compute', { request, queries: bare }, options)
  } catch (error) {
    throw await placedError(error, step.file, ask.root, queries)
  }
}

/** What the caller has done of a computation. */
export interface Prepared {
  /** Queries that were rendered. */
  readonly queries?: readonly TracedQuery[]
  readonly adapt?: (request: SessionRequest) => SessionRequest
}

/** Unless somebody says otherwise, an incremental step is computed whole. */
function wholly({ incremental }: DeclaredStep): (request: SessionRequest) => SessionRequest {
  return (request) => (incremental ? wholeRequest(request, incremental) : request)
}

/** Takes away what an engine that ended has written. */
export async function emptied({
  outputs,
  failures,
}: {
  readonly outputs: readonly Pick<OutputTarget, 'folder'>[]
  readonly failures?: KeptFailures
}): Promise<void> {
  for (const { folder } of [...outputs, ...(failures ? [failures] : [])]) {
    if (folder === undefined) continue
    const names = (await orAbsent(readdir(folder))) ?? []
    await Promise.all(names.map((name) => rm(path.join(folder, name), { recursive: true, force: true })))
  }
}

/**
 * `all` for a step that needs an engine which may open every file: its SQL names files by path, or its sources lie
 * outside of the project, or behind links that lead there.
 */
async function reachFor({ pool }: ComputeAsk, request: SessionRequest): Promise<Share['reach']> {
  if (request.external === true) return 'all'
  return pool.reach && !(await isWithinReach(request, pool.reach)) ? 'all' : undefined
}

function computeCode(ask: ComputeAsk, request: SessionRequest, reach: Share['reach']): Promise<Computed> {
  const { step } = ask.findings
  const { root, pool, signal, printed } = ask
  const { args, env, secrets } = step
  const call = {
    file: path.join(root, step.file),
    projectRoot: root,
    request,
    engine: pool.workerEngine({ ...ask.share, reach }),
    args,
    env,
    secrets,
    ...(ask.partition && { partition: ask.partition.told }),
  }
  let last = ''
  const told: Printed = (stream, text, level) => {
    if (stream === 'stderr') last = `${last}${text}`.slice(-lastLetters)
    printed(stream, text, level)
  }
  const masked = maskedOutput(secrets, told, ask.checked)
  const options = { signal, printed: masked.printed, ...(masked.checked && { checked: masked.checked }) }
  return pool.withWorker(async (worker) => {
    const { file, projectRoot } = call
    await killLate(worker, signal, worker.call('load', { file, projectRoot }, options))
    await ask.loaded?.()
    try {
      const guard = { limit: pool.processMemory(ask.share), printed: () => last }
      return await guardMemory(worker, guard, () =>
        killLate(worker, signal, worker.call('run', call, options)),
      )
    } catch (error) {
      throw await placedError(error, step.file, root)
    } finally {
      masked.end()
    }
  })
}

async function sessionRequest(ask: ComputeAsk): Promise<SessionRequest> {
  const { step } = ask.findings
  const inputs = await Promise.all(step.inputs.map((input) => boundInput(ask, input)))
  const outputs = await Promise.all(
    step.outputs.map(async ({ handle, table, rejectsOf, rejectsOfInput }): Promise<OutputTarget> => {
      const folder = ask.stagings.find((staging) => staging.handle === handle)?.folder
      if (folder === undefined) throw new Error(`no staging folder for ${handle}`)
      const rejects = {
        ...(rejectsOf !== undefined && { rejectsOf }),
        ...(rejectsOfInput !== undefined && { rejectsOfInput }),
      }
      const stands = ask.standing?.get(table.name)
      const standing = stands && { standing: standingFor(stands) }
      return { handle, table, folder, others: await otherFiles(ask, table), ...rejects, ...standing }
    }),
  )
  // Step with an age limit may call functions of time: its result is said to hold for a while.
  const volatile = step.volatile || step.expiresAfter !== undefined
  const external = step.external === true && { external: true }
  return { inputs, outputs, volatile, ...external, ...(ask.failures && { failures: ask.failures }) }
}

async function boundInput(ask: ComputeAsk, input: DeclaredInput): Promise<BoundInput> {
  const { handle, name, columns } = input
  const from = await inputFiles(ask, input)
  return { handle, name, columns, from, ...(ask.sample !== undefined && { sample: ask.sample }) }
}

async function inputFiles(ask: ComputeAsk, input: DeclaredInput): Promise<BoundInput['from']> {
  const fact = ask.findings.inputs.get(input.handle)
  const own = ask.partition?.files.get(input.handle)
  if (own)
    return input.kind === 'source'
      ? { kind: 'source', source: input.origin as DeclaredSource, files: own }
      : { kind: 'parquet', files: own }
  if (fact?.kind === 'source') {
    const { files = [], names = [] } = ask.findings.sources.get(input.handle) ?? {}
    return { kind: 'source', source: input.origin as DeclaredSource, files, names }
  }
  if (fact?.kind === 'table') return { kind: 'parquet', files: await tableFiles(ask, input.name) }
  if (input.optional) return { kind: 'absent' }
  throw noVersion(ask.findings.step, input.name, ask.findings.state.env)
}

async function tableFiles(ask: ComputeAsk, table: string): Promise<string[]> {
  const head = ask.findings.state.heads.get(table)
  return head === undefined ? [] : ask.lake.headFiles(table, head)
}

/** The files of tables that checks of an output read. */
async function otherFiles(ask: ComputeAsk, table: DeclaredTable): Promise<Record<string, string[]>> {
  const files = emptyRecord<string[]>()
  for (const name of tablesInChecks(table)) {
    if (ask.findings.state.heads.has(name)) files[name] = await tableFiles(ask, name)
  }
  return files
}
