import { rm } from 'node:fs/promises'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { notebookCalled, notebookName } from '../flow/place.ts'
import { checkSettings } from '../flow/pools.ts'
import { listNotebooks } from '../flow/project.ts'
import type { ResolvedStep } from '../flow/resolve.ts'
import { lookAtStep, type Surroundings } from '../freshness/findings.ts'
import { beginConfigured, stateToBegin } from './begin.ts'
import { unlessCancelled } from './cancel.ts'
import { closeAll } from './close-all.ts'
import { compute, type Staging } from './compute.ts'
import { declareFlow, type Declaration } from './declare.ts'
import { eventStream, type EventStream } from './event-stream.ts'
import type { StepFinished, WrittenTable } from './events.ts'
import { exportAfter } from './export-delta.ts'
import { stepProblems } from './failures.ts'
import type { RunOptions, RunResult } from './options.ts'
import type { Pool } from './pool.ts'
import { previewFiles, type Preview } from './preview.ts'
import { checkProtected, checkTakesRuns } from './protect.ts'
import { lazyPool, plannedFlow, resolvedOf, resultOf } from './run.ts'
import { runFlow } from './run-flow.ts'
import { askedOf } from './request.ts'
import type { Continued } from './asked.ts'
import { stepLimits } from './step-limits.ts'
import { declareTargets } from './targets.ts'
import { openWorkspace, type Workspace } from './workspace.ts'
import type { ResolvedFlow } from '../flow/resolve.ts'

export type AloneResult = RunResult & { readonly previews: readonly Preview[] }

/**
 * Runs one notebook alone, with the args and inputs of its place in a flow (or its own, when no flow has it),
 * and shows rows that it wrote. With `sample` it reads at most so many rows of each input and keeps nothing.
 *
 * @param name of the notebook (its end will do) or of a step, or the notebook's file
 * @throws ProblemError, also for a step that several flows place in different ways
 */
export function runNotebook(
  name: string,
  options: RunOptions & { readonly sample?: number } = {},
): Promise<AloneResult> {
  return runNotebookAgain(name, options)
}

/** The same, or the rest of a run that is continued. */
export async function runNotebookAgain(
  name: string,
  options: RunOptions & { readonly sample?: number },
  continued?: Continued,
): Promise<AloneResult> {
  const workspace = await openWorkspace(options)
  const pools = lazyPool(workspace, options)
  const events = eventStream(workspace, options)
  try {
    const place = () => findPlace(workspace, name, options, pools.get)
    const { declaration, step } = await unlessCancelled(options.signal, place, pools.stop)
    checkProtected(workspace, [declaration])
    checkSettings([declaration.flow], workspace.project.config)
    if (options.sample === undefined) {
      checkTakesRuns(workspace)
      await beginConfigured(workspace, events)
    }
    const resolved = resolvedOf(declaration.flow)
    const found = resolved.byName.get(step) as ResolvedStep
    if (options.sample !== undefined)
      return await runSample(
        { workspace, pool: pools.get(), events, options },
        declaration,
        resolved,
        found,
        options.sample,
      )
    const asked = askedOf({ notebook: name }, options, continued)
    if (continued) events.emit({ event: 'notice', level: 'info', message: continued.told })
    const parts = { workspace, pools, events, options, asked, ...(continued && { continued }) }
    const steps = await runFlow(
      parts,
      plannedFlow(workspace, declaration, { ...options, select: [step] }, pools.get),
    )
    await exportAfter(workspace, events, steps)
    const state = await workspace.env.state()
    const previews: Preview[] = []
    for (const { table } of steps[0]?.outcome === 'failed' ? [] : found.outputs) {
      const head = state.heads.get(table.name)
      if (head === undefined) continue
      const files = await workspace.lake.headFiles(table.name, head)
      previews.push(await previewFiles(workspace, table.name, files))
    }
    return { ...resultOf(workspace, events, [resolved], steps, options), previews }
  } finally {
    await closeAll(events, pools, workspace)
  }
}

interface Place {
  readonly declaration: Declaration
  readonly step: string
}

async function findPlace(
  workspace: Workspace,
  name: string,
  options: RunOptions,
  pool: () => Pool,
): Promise<Place> {
  const wanted = name.replace(/^\.\//, '')
  const flows =
    workspace.project.flows.length > 0
      ? await declareTargets(workspace, undefined, options.args ?? {}, pool)
      : []
  const files = listNotebooks(workspace.root)
  const called = placesOf(wanted, flows)
  const file = called.length > 0 ? undefined : notebookCalled(wanted, files)
  const places = file === undefined ? called : placesOf(file, flows)
  if (places.length > 1) throw severalPlaces(name, places)
  if (places[0]) return places[0]
  if (file === undefined) {
    const known = [
      ...files.map(notebookName),
      ...flows.flatMap(({ flow }) => flow.steps.map((step) => step.name)),
    ]
    throw new ProblemError({
      code: 'project/unknown',
      message: `there is no notebook '${name}'`,
      hint: didYouMean(wanted, known),
    })
  }
  const declaration = await declareFlow(workspace, file, options.args ?? {}, pool)
  return { declaration, step: declaration.flow.steps[0]?.name ?? '' }
}

function placesOf(wanted: string, flows: readonly Declaration[]): Place[] {
  return flows.flatMap((declaration) =>
    declaration.flow.steps
      .filter((step) => [step.file, step.notebook, step.name].includes(wanted))
      .map((step) => ({ declaration, step: step.name })),
  )
}

function severalPlaces(name: string, places: readonly Place[]): ProblemError {
  const list = places
    .map(({ declaration, step }) => `'${step}' of flow '${declaration.flow.name}'`)
    .join(', ')
  return new ProblemError({
    code: 'project/unknown',
    message: `the notebook '${name}' has several places: ${list}`,
    hint: `name the step, or run its flow: sluice run ${places[0]?.declaration.flow.name} --select ${places[0]?.step}`,
  })
}

interface SampleParts {
  readonly workspace: Workspace
  readonly pool: Pool
  readonly events: EventStream
  readonly options: RunOptions
}

/** Computes into a folder of the system's temporary files, which goes when the rows were shown. */
async function runSample(
  parts: SampleParts,
  { codeOf }: Declaration,
  resolved: ResolvedFlow,
  step: ResolvedStep,
  sample: number,
): Promise<AloneResult> {
  const { workspace, pool, events, options } = parts
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-sample-'))
  const begun = performance.now()
  const ends: StepFinished[] = []
  const previews: Preview[] = []
  const end = (ending: Partial<StepFinished>) => {
    const base = {
      event: 'step-finished',
      step: step.name,
      notebook: step.notebook,
      reasons: [],
      tables: [],
      problems: [],
    } as const
    ends.push(
      events.emit({ ...base, outcome: 'ran', ms: performance.now() - begun, ...ending }) as StepFinished,
    )
  }
  try {
    const around: Surroundings = { ...workspace, codeOf }
    const findings = await lookAtStep(around, step, await stateToBegin(workspace))
    events.emit({ event: 'step-started', step: step.name, notebook: step.notebook, reasons: [], attempt: 1 })
    const stagings = await Promise.all(
      step.outputs.map(({ handle, table }) => sampleStaging(folder, handle, table.name)),
    )
    const signal = options.signal ?? new AbortController().signal
    const printed = (stream: 'stdout' | 'stderr' | 'log', text: string) =>
      void events.emit({ event: 'step-printed', step: step.name, stream, text })
    const computed = await compute({
      root: workspace.root,
      lake: workspace.lake,
      pool,
      findings,
      stagings,
      signal,
      share: stepLimits(step, workspace.project.config).process,
      printed,
      sample,
    })
    const tables: WrittenTable[] = []
    for (const staging of stagings) {
      const output = computed.staged.find(({ handle }) => handle === staging.handle)
      const files = (output?.files ?? []).map((file) => path.join(staging.folder, file.name))
      previews.push(await previewFiles(workspace, staging.table, files))
      tables.push({
        table: staging.table,
        version: 'sample',
        seq: 0,
        rows: output?.rows ?? 0,
        bytes: output?.bytes ?? 0,
        unchanged: false,
      })
    }
    end({ tables, result: computed.result })
  } catch (error) {
    if (options.signal?.aborted) end({ outcome: 'cancelled' })
    else end({ outcome: 'failed', problems: stepProblems(error, step, workspace.root) })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return { ...resultOf(workspace, events, [resolved], ends, options), previews }
}

async function sampleStaging(folder: string, handle: string, table: string): Promise<Staging> {
  return { handle, table, version: 'sample', prefix: '', folder: await mkdtemp(path.join(folder, 'out-')) }
}
