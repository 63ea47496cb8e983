import { relationName } from '../../contract/render.ts'
import { ProblemError, problemsOf } from '../../base/problem.ts'
import type { Analysis, AnalysisRequest, EngineProblem } from '../analysis.ts'
import { readsFiles } from './file-reads.ts'
import type { Analyst } from './analyst.ts'
import { appendWarnings } from './append-warnings.ts'
import { isFault, QueryBinder } from './bind-plan.ts'
import { compareColumns, nullColumns } from './compare.ts'
import { bindProblem } from './fault-text.ts'
import type { FaultPlace } from './faults.ts'
import type { Functions } from './functions.ts'
import { gateProblems, parseProblem, relationKey, unknownBeside } from './gate.ts'
import { queryLineage } from './lineage.ts'
import { lossyCasts } from './lossy-cast.ts'
import { orderWarnings } from './order-warnings.ts'
import { outputPlaces } from './output-places.ts'
import type { PlacedFault } from './place-fault.ts'
import { planColumns, type BoundPlan } from './plan.ts'
import type { BoundColumn } from './source-parquet.ts'
import type { ParsedQuery } from './tree.ts'

/** What an analysis goes by. */
interface Subject {
  readonly request: AnalysisRequest
  readonly functions: Functions
  readonly binder: QueryBinder
  readonly place: FaultPlace
}

/** Binds a query against contracts, and its columns against the contract of the output. Reads no data. */
export async function analyse(
  analyst: Analyst,
  functions: Functions,
  request: AnalysisRequest,
): Promise<Analysis> {
  const { query, output } = request
  const place = {
    subject: output ? `output table '${output.table.name}'` : 'query',
    handle: output?.handle ?? '',
    text: query.text,
  }
  try {
    const binder = new QueryBinder(analyst, query, request.inputs)
    return await analyseBound({ request, functions, binder, place })
  } catch (error) {
    const problems = problemsOf(error)
    if (!problems) throw error
    return { problems, columns: [] }
  }
}

async function analyseBound(subject: Subject): Promise<Analysis> {
  const { tree, bound } = await subject.binder.ask()
  if (!('node' in tree)) throw new ProblemError(parseProblem(tree, subject.place))
  const gated = gate(subject, tree)
  // A relation that is not known hides what else is wrong.
  if (gated.some(({ code }) => code === 'query/table-unknown' || code === 'query/statement'))
    return { problems: gated, columns: [] }
  if (subject.request.external === true && readsFiles(tree)) return unbound(subject, gated)
  const plan = bound()
  const columns = (isFault(plan) ? undefined : planColumns(plan)) ?? (await subject.binder.describe())
  if (isFault(columns)) {
    const faults = await subject.binder.allFaults(isFault(plan) ? judged(plan, columns) : columns, tree.node)
    return { problems: inOrder([...gated, ...faultProblems(subject, faults, gated)]), columns: [] }
  }
  return told(subject, tree, isFault(plan) ? undefined : plan, columns, gated)
}

/** A query that reads files by path is not bound: that would open them. Only the gate has looked at it. */
function unbound({ request, binder, place }: Subject, gated: readonly EngineProblem[]): Analysis {
  const { output, lineage } = request
  const names = output?.table.columns.map(({ name }) => name) ?? []
  const problem: EngineProblem = {
    code: 'query/external',
    severity: 'warn',
    message: `${place.subject}: not checked: external, the query reads files by path`,
    hint: 'its columns are checked when the step runs; a source is checked before',
  }
  return {
    problems: [...gated, problem],
    columns: [],
    ...(lineage && { lineage: queryLineage(undefined, binder.inputs, names) }),
  }
}

/** Of two faults for one query that of its own binder, which is what a run meets. */
function judged(plan: PlacedFault, described: PlacedFault): PlacedFault {
  return plan.type === described.type ? plan : described
}

function told(
  { request, functions, binder, place }: Subject,
  tree: ParsedQuery,
  plan: BoundPlan | undefined,
  columns: readonly BoundColumn[],
  gated: readonly EngineProblem[],
): Analysis {
  const { output, query, lineage } = request
  const compared = output
    ? compareColumns(output.table, columns, nullColumns(tree, query), outputPlaces(tree, columns, place))
    : []
  const names = columns.map(({ name }) => name)
  return {
    problems: [
      ...gated,
      ...compared,
      ...(plan ? lossyCasts(tree, plan, place) : []),
      ...orderWarnings(tree, binder.inputs, functions, place),
      ...(request.appends ? appendWarnings(tree, query.relations, functions, place) : []),
    ],
    columns: columns.map(({ name, type }) => ({ name, type })),
    ...(lineage && { lineage: queryLineage(plan, binder.inputs, names) }),
  }
}

/** By their places in the query; those without one come last. */
function inOrder(problems: readonly EngineProblem[]): EngineProblem[] {
  const place = ({ query }: EngineProblem) => query?.offset ?? Infinity
  return problems.toSorted((a, b) => (place(a) < place(b) ? -1 : Number(place(a) > place(b))))
}

function gate({ request, functions, place }: Subject, tree: ParsedQuery): EngineProblem[] {
  const { query, inputs, volatile, external = false } = request
  const read = inputs.filter(({ handle }) => query.relations.includes(handle))
  return gateProblems(tree, {
    ...place,
    relations: new Set(read.map(({ handle }) => relationKey([relationName(handle)]))),
    columns: new Set(read.flatMap(({ columns }) => columns.map(({ name }) => name.toLowerCase()))),
    unknown: unknownBeside(inputs),
    volatile,
    external,
    params: query.params.length,
    functions,
  })
}

function faultProblems(
  { binder, functions, place }: Subject,
  faults: readonly PlacedFault[],
  gated: readonly EngineProblem[],
): EngineProblem[] {
  const columns = [...new Set(binder.inputs.flatMap((input) => input.columns.map(({ name }) => name)))]
  const known = { columns, functions: functions.names, handles: binder.inputs.map(({ handle }) => handle) }
  return faults
    .map((fault) => bindProblem(fault, place, known))
    .filter(({ query }) => !query || !gated.some((other) => other.query?.offset === query.offset))
}
