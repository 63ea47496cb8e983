import type { Problem } from '../base/problem.ts'
import {
  withOrigin,
  type Analysis,
  type AnalysisRequest,
  type EngineProblem,
  type QueryLineage,
} from '../engine/analysis.ts'
import { keysOnly } from '../contract/changes.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import { stepKey, type CheckCache, type Found } from './check-cache.ts'
import type { DeclareParts, FoundStep } from './check-declare.ts'
import { throughChanges, withChanges, withoutChanges } from './check-incremental.ts'
import { renderSteps } from './check-render.ts'
import { FoundPlaces } from './found-places.ts'
import type { Rendered, TracedQuery } from './protocol.ts'
import { placeProblems } from './query-origin.ts'

/** How many notebooks are rendered in one message: the engine binds their queries while the next are rendered. */
const batch = 50

interface Work {
  readonly step: DeclaredStep
  readonly key?: string
  found?: Found
}

interface Surroundings {
  readonly cache: CheckCache
  readonly places: FoundPlaces
  readonly parts: DeclareParts
  readonly lineage: boolean
}

/**
 * Binds the queries of `select` steps without data. Steps that render the same queries against the same contracts
 * are looked at once, and those that an earlier check looked at not at all.
 */
export async function checkQueries(
  steps: readonly FoundStep[],
  cache: CheckCache,
  parts: DeclareParts,
  lineage: boolean,
): Promise<ReadonlyMap<DeclaredStep, Found>> {
  const works = new Map<string | DeclaredStep, Work>()
  const of = new Map<DeclaredStep, Work>()
  for (const { step, codeOf } of steps) {
    if (step.kind !== 'select') continue
    const key = await keyOf(step, codeOf)
    const work = works.get(key ?? step) ?? { step, ...(key !== undefined && { key }) }
    works.set(key ?? step, work)
    of.set(step, work)
  }
  const places = new FoundPlaces(parts.space.root)
  const stale: Work[] = []
  for (const work of works.values()) {
    const kept = work.key === undefined ? undefined : cache.get(work.key)
    if (kept && (await places.areStill(kept.places))) work.found = kept
    else stale.push(work)
  }
  const under: Promise<void>[] = []
  for (let at = 0; at < stale.length; at += batch) {
    const some = stale.slice(at, at + batch)
    const rendered = await renderSteps(
      some.map(({ step }) => step),
      parts,
    )
    const analysed = analyseBatch(some, rendered, { cache, places, parts, lineage })
    // Whoever waits below is told.
    analysed.catch(() => undefined)
    under.push(analysed)
  }
  await Promise.all(under)
  return new Map([...of].flatMap(([step, { found }]) => (found ? [[step, found] as const] : [])))
}

async function keyOf(step: DeclaredStep, codeOf: FoundStep['codeOf']): Promise<string | undefined> {
  // What is wrong with the code is told where it is declared.
  const code = await codeOf?.(step).catch(() => undefined)
  return code && stepKey(step, code)
}

/** What is wrong with a query as a whole is told at its beginning. */
function faultsOf({ problems }: Analysis, traced: TracedQuery | undefined): EngineProblem[] {
  if (!traced) return [...problems]
  const { handle, query, origin } = traced
  const begin = { handle, text: query.text, offset: Math.max(0, query.text.search(/\S/)) }
  return problems.map((problem) =>
    withOrigin({ ...problem, ...(problem.where === undefined && { query: problem.query ?? begin }) }, origin),
  )
}

async function analyseBatch(
  works: readonly Work[],
  rendered: readonly Rendered[],
  { cache, places, parts, lineage }: Surroundings,
): Promise<void> {
  const asked = works.map(({ step }, at) => requestsOf(step, rendered[at]?.queries ?? [], lineage))
  const requests = asked.flat()
  const engine = parts.pools.get().engine()
  const { results } = requests.length > 0 ? await engine.call('analyse', { requests }) : { results: [] }
  let next = 0
  for (const [at, work] of works.entries()) {
    const own = asked[at] ?? []
    const analyses = results.slice(next, (next += own.length))
    const { queries = [], problems = [] } = rendered[at] ?? {}
    const faults = analyses.flatMap((each, index) => faultsOf(each, queries[index]))
    const unused = problems.length === 0 ? withoutChanges(work.step, queries) : []
    const placed = await placeProblems([...problems, ...unused, ...faults], work.step.file, {
      root: parts.space.root,
      look: parts.look,
    })
    const found = foundIn(work.step, own, analyses, placed)
    work.found = found
    if (work.key === undefined) continue
    const hashes =
      found.problems.length > 0 && (await places.of(work.step.file, found.problems, parts.look()))
    cache.keep(work.key, { ...found, ...(hashes && { places: hashes }) })
  }
}

function requestsOf(
  step: DeclaredStep,
  queries: readonly TracedQuery[],
  lineage: boolean,
): readonly AnalysisRequest[] {
  const inputs = withChanges(
    step,
    step.inputs.map(({ handle, name, columns, origin }) => ({
      handle,
      name,
      columns,
      ...('key' in origin && { key: origin.key, unique: uniqueOf(origin) }),
    })),
  )
  return queries.map(({ handle, query, takesOut }) => {
    const found = step.outputs.find((each) => each.handle === handle)
    const output = found && takesOut ? { handle, table: keysOnly(found.table) } : found
    const volatile = step.volatile || step.expiresAfter !== undefined
    const external = step.external === true && { external: true }
    const appends = step.incremental === 'append' && { appends: true as const }
    const followed = lineage && takesOut !== true
    return { query, inputs, ...(output && { output }), volatile, ...external, ...appends, lineage: followed }
  })
}

/** The columns that no two rows share, beside the key. */
function uniqueOf({ checks }: DeclaredTable): (readonly string[])[] {
  return checks.flatMap((check) => (check.kind === 'unique' ? [check.columns] : []))
}

function foundIn(
  step: DeclaredStep,
  requests: readonly AnalysisRequest[],
  analyses: readonly Analysis[],
  problems: readonly Problem[],
): Found {
  const lineage: Record<string, QueryLineage> = {}
  for (const [at, { lineage: found }] of analyses.entries()) {
    const handle = requests[at]?.output?.handle
    if (found && handle !== undefined) lineage[handle] = throughChanges(found)
  }
  const followed = Object.keys(lineage).length > 0 && { lineage }
  const placed = problems.map((problem) => ({ where: { file: step.file }, ...problem }))
  return { problems: placed, queries: requests.length, ...followed }
}
