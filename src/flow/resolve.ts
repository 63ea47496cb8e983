import { caseClashes } from '../base/names.ts'
import { orderProblems, type Place, type Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { tablesInChecks } from '../contract/check-form.ts'
import type { DeclaredColumn } from '../contract/spec.ts'
import { orderSteps } from './cycle.ts'
import type { DeclaredFlow, DeclaredInput, DeclaredOutput, DeclaredStep } from './declared.ts'
import { inputFaults } from './fit.ts'
import { sentences } from './sentences.ts'
import { sourceClashes, targetClashes } from './target-clashes.ts'

/** A step with the steps around it. */
export interface ResolvedStep extends DeclaredStep {
  /** Names of the steps that write what this one reads, in order of the flow. */
  readonly upstream: readonly string[]
  /** Names of the steps that read what this one writes, in order of the flow. */
  readonly downstream: readonly string[]
}

/** A flow whose tables are connected. */
export interface ResolvedFlow {
  readonly flow: DeclaredFlow
  /** In an order in which they can run: upstream first, else as the flow declares them. */
  readonly steps: readonly ResolvedStep[]
  readonly byName: ReadonlyMap<string, ResolvedStep>
  /** The step that writes a table, by the table's name. */
  readonly producers: ReadonlyMap<string, string>
}

/** Who provides a table or source. */
interface Provider {
  readonly step?: string
  readonly columns: readonly DeclaredColumn[]
  readonly where?: Place
  readonly mayBeAbsent: boolean
}

/**
 * Finds who produces what each step reads, and an order to run in. Pure. Problems: two producers, unknown
 * tables, columns that do not fit, tables that may be absent, names that differ in case only, cycles.
 */
export function resolveFlow(flow: DeclaredFlow): { plan?: ResolvedFlow; problems: Problem[] } {
  if (flow.upstream) return { plan: connected(flow, flow.upstream), problems: [] }
  const problems = [
    ...twoProducers(flow),
    ...twoReaders(flow),
    ...clashes(flow),
    ...targetClashes([flow]),
    ...sourceClashes(flow),
  ]
  const providers = providersOf(flow)
  for (const step of flow.steps) {
    for (const input of step.inputs) problems.push(...readFaults(step, input, providers))
  }
  const position = new Map(flow.steps.map(({ name }, at) => [name, at]))
  const upstream = new Map(flow.steps.map((step) => [step.name, upstreamOf(step, providers, position)]))
  const { order, cycles } = orderSteps(flow.steps, upstream)
  problems.push(...cycles)
  if (problems.length > 0) return { problems: orderProblems(problems) }
  const connections = order.map(({ name }) => [name, upstream.get(name) ?? []] as const)
  return { plan: connected(flow, connections), problems }
}

/** A flow with its steps connected, in an order in which they can run. */
function connected(flow: DeclaredFlow, order: NonNullable<DeclaredFlow['upstream']>): ResolvedFlow {
  const declared = new Map(flow.steps.map((step) => [step.name, step]))
  const downstream = downstreamOf(flow, new Map(order))
  const steps = order.flatMap(([name, above]) => {
    const step = declared.get(name)
    return step ? [{ ...step, upstream: above, downstream: downstream.get(name) ?? [] }] : []
  })
  const producers = new Map(
    flow.steps.flatMap((step) => step.outputs.map(({ table }) => [table.name, step.name] as const)),
  )
  return { flow, steps, byName: new Map(steps.map((step) => [step.name, step])), producers }
}

/** A step that writes a table comes before a flow's own word that the table comes from elsewhere. */
function providersOf(flow: DeclaredFlow): Map<string, Provider> {
  const absent = new Set(flow.mayBeAbsent)
  const providers = new Map<string, Provider>()
  for (const { name, columns, where } of [...flow.sources, ...flow.external]) {
    providers.set(name, { columns, ...(where && { where }), mayBeAbsent: absent.has(name) })
  }
  for (const step of flow.steps) {
    for (const { table } of step.outputs) {
      const { columns, where } = table
      providers.set(table.name, { step: step.name, columns, ...(where && { where }), mayBeAbsent: false })
    }
  }
  return providers
}

function readFaults(
  step: DeclaredStep,
  input: DeclaredInput,
  providers: ReadonlyMap<string, Provider>,
): Problem[] {
  const provider = providers.get(input.name)
  const at = step.where && { where: step.where }
  if (provider === undefined) {
    if (input.optional) return []
    const hint = didYouMean(input.name, providers.keys())
    const message = sentences.tableUnknown(step.name, input.name)
    return [{ code: 'flow/table-unknown', message, ...at, ...(hint && { hint }) }]
  }
  const faults = inputFaults(step, input, provider)
  if (!provider.mayBeAbsent || input.optional) return faults
  return [
    ...faults,
    { code: 'flow/table-optional', message: sentences.mayBeAbsent(step.name, input.name), ...at },
  ]
}

/** @param position of each step in the flow, by name: the order of the result */
function upstreamOf(
  step: DeclaredStep,
  providers: ReadonlyMap<string, Provider>,
  position: ReadonlyMap<string, number>,
): string[] {
  const tables = [...step.inputs.map(({ name }) => name), ...step.outputs.flatMap(referredTables)]
  const names = new Set(tables.flatMap((table) => providers.get(table)?.step ?? []))
  return [...names].toSorted((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0))
}

/** The other way round, in the order of the flow. */
function downstreamOf(
  flow: DeclaredFlow,
  upstream: ReadonlyMap<string, readonly string[]>,
): Map<string, string[]> {
  const downstream = new Map<string, string[]>(flow.steps.map(({ name }) => [name, []]))
  for (const { name } of flow.steps)
    for (const above of upstream.get(name) ?? []) downstream.get(above)?.push(name)
  return downstream
}

/** Rows are checked against the tables that their checks name, so those are written first. */
function referredTables({ table }: DeclaredOutput): string[] {
  return tablesInChecks(table).filter((name) => name !== table.name)
}

function twoProducers(flow: DeclaredFlow): Problem[] {
  const first = new Map<string, DeclaredStep>()
  const problems: Problem[] = []
  for (const step of flow.steps) {
    for (const { table, rejectsOfInput } of step.outputs) {
      const other = first.get(table.name)
      first.set(table.name, other ?? step)
      if (other === undefined) continue
      const read = step.inputs.find(({ handle }) => handle === rejectsOfInput)?.name
      const hint =
        read === undefined
          ? 'give one of the outputs another name: `{ outputs: { ... } }` of its step'
          : other === step
            ? `read the source '${read}' once: its rejects are written by the step that reads it`
            : `both read the source '${read}', and who reads it writes its rejects: let '${step.name}' read a table that '${other.name}' writes`
      const who =
        other === step ? `step '${step.name}' twice` : `the steps '${other.name}' and '${step.name}'`
      problems.push({
        code: 'flow/two-producers',
        message: `table '${table.name}' is written by ${who}`,
        ...(step.where && { where: step.where }),
        ...(other !== step && {
          related: [{ message: `step '${other.name}'`, ...(other.where && { where: other.where }) }],
        }),
        hint,
      })
    }
  }
  return problems
}

/** Files of a landing are moved when the step that reads them is done: another one would lose them while it reads. */
function twoReaders(flow: DeclaredFlow): Problem[] {
  const first = new Map<string, DeclaredStep>()
  return flow.steps.flatMap((step) =>
    step.inputs.flatMap(({ name, origin, kind }): Problem[] => {
      if (kind !== 'source' || !('landing' in origin)) return []
      const other = first.get(name)
      first.set(name, other ?? step)
      if (other === undefined) return []
      const who =
        other === step
          ? `step '${step.name}' reads it twice`
          : `the steps '${other.name}' and '${step.name}' read it`
      return [
        {
          code: 'flow/invalid',
          message: `source '${name}' has an archive, and ${who}: its files would be moved while one still reads them`,
          ...(step.where && { where: step.where }),
          hint: 'let one step take the files in, and others read its table',
        },
      ]
    }),
  )
}

function clashes(flow: DeclaredFlow): Problem[] {
  const places = new Map<string, Place | undefined>(flow.external.map((table) => [table.name, table.where]))
  for (const step of flow.steps) {
    for (const { kind, name } of step.inputs) if (kind === 'table') places.set(name, step.where)
    for (const { table } of step.outputs) places.set(table.name, step.where)
  }
  return caseClashes(places.keys()).map(([one, other]) => {
    const where = places.get(other) ?? places.get(one)
    const message = `the tables '${one}' and '${other}' differ in the case of letters only`
    return { code: 'contract/name-clash', message, ...(where && { where }) }
  })
}
