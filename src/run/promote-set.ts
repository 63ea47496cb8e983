import { didYouMean } from '../base/suggest.ts'
import { ProblemError } from '../base/problem.ts'
import { fingerprintOf } from '../freshness/parts.ts'
import { tableInputs, type TableInput } from '../freshness/table-inputs.ts'
import { movedRecord, pointer } from '../lake/pointers.ts'
import { isSame, stepHeads, type StepHeads } from '../lake/step-heads.ts'
import type { Changes, EnvState, StepRecord } from '../lake/types.ts'

/** What of an environment is to be promoted. Pure: it is decided from two states. */
export interface PromoteSet {
  /** Steps that are not in the target as they are in the source, with their heads. */
  readonly steps: readonly StepHeads[]
  /** Tables that were not named, and come along because a step writes them with one that was. */
  readonly along: readonly string[]
  /** The versions that the target would then hold, by table. */
  readonly after: ReadonlyMap<string, string>
}

/** An input of a promoted step that the target would not hold as it was when the step was computed. */
export interface MissingInput extends TableInput {
  readonly step: string
  /** The source holds the version that is needed: promoting the table too would do. */
  readonly inSource: boolean
}

/**
 * The steps to promote: all that differ, or those that write the tables that are named, with all that those steps
 * write. Throws `project/unknown` for tables that the source does not have.
 */
export function promoteSet(source: EnvState, target: EnvState, tables?: readonly string[]): PromoteSet {
  const [ours, theirs] = [stepHeads(source), stepHeads(target)]
  if (tables) checkKnown(source, tables)
  const wanted = tables && new Set(tables)
  const chosen = [...ours.values()].filter(
    ({ heads }) => wanted === undefined || [...heads.keys()].some((table) => wanted.has(table)),
  )
  const steps = chosen.filter((step) => !isSame(step, theirs.get(step.key)))
  const along = wanted
    ? chosen.flatMap(({ heads }) => [...heads.keys()].filter((table) => !wanted.has(table)))
    : []
  return { steps, along, after: versionsAfter(target, steps) }
}

function checkKnown({ env, heads }: EnvState, tables: readonly string[]): void {
  const unknown = tables.filter((table) => !heads.has(table))
  if (unknown.length === 0) return
  throw new ProblemError(
    unknown.map((table) => ({
      code: 'project/unknown' as const,
      message: `environment '${env}' has no table '${table}'`,
      hint: didYouMean(table, heads.keys()) ?? `\`sluice tables --env ${env}\` lists what there is`,
    })),
  )
}

function versionsAfter(target: EnvState, steps: readonly StepHeads[]): Map<string, string> {
  const after = new Map(Array.from(target.heads, ([table, { version }]) => [table, version]))
  for (const { heads } of steps) for (const [table, { version }] of heads) after.set(table, version)
  return after
}

/** What promoted steps were computed from, and the target would not hold. */
export function missingInputs(source: EnvState, { steps, after }: PromoteSet): MissingInput[] {
  return steps.flatMap(({ key, record }) => {
    const missing = (record ? tableInputs(record) : []).filter(
      ({ table, good }) => !good.has(after.get(table) ?? ''),
    )
    return missing.map((input) => ({
      ...input,
      step: record?.step ?? key,
      inSource: input.good.has(source.heads.get(input.table)?.version ?? ''),
    }))
  })
}

/** Tables that a promoted step did not find when it was computed, and that the target would hold. */
export function unexpectedInputs({ steps, after }: PromoteSet): { step: string; table: string }[] {
  return steps.flatMap(({ key, record }) =>
    (record?.absent ?? [])
      .filter((table) => after.has(table))
      .map((table) => ({ step: record?.step ?? key, table })),
  )
}

/** The tables to name so that nothing is missing; undefined where even all tables would not do. */
export function closedTables(
  source: EnvState,
  target: EnvState,
  tables: readonly string[],
): readonly string[] | undefined {
  let named = new Set(tables)
  for (;;) {
    const missing = missingInputs(source, promoteSet(source, target, [...named]))
    if (missing.length === 0) return [...named].toSorted()
    if (missing.some(({ inSource }) => !inSource)) return undefined
    const next = new Set([...named, ...missing.map(({ table }) => table)])
    if (next.size === named.size) return undefined
    named = next
  }
}

/** Steps of the target that a promote leaves as they are, though it changes a table that they read. */
export function staleAfter(
  target: EnvState,
  { steps, after }: PromoteSet,
): { step: string; table: string }[] {
  const moved = new Set(steps.map(({ key }) => key))
  const set = new Set(steps.flatMap(({ heads }) => [...heads.keys()]))
  return [...stepHeads(target).values()].flatMap(({ key, record, heads }) => {
    const replaced = heads.size > 0 && [...heads.keys()].every((table) => set.has(table))
    if (record === undefined || moved.has(key) || replaced) return []
    const input = tableInputs(record).find(({ table, version }) => (after.get(table) ?? version) !== version)
    const before = input && target.heads.get(input.table)?.version
    // What is stale before is no news.
    return input && before === input.version ? [{ step: record.step, table: input.table }] : []
  })
}

/** The commit that promotes a set: pointers to the same versions, and the records of their steps. */
export function changesOf(source: EnvState, { steps, after }: PromoteSet): Changes {
  const heads = steps.flatMap(({ heads: own }) =>
    [...own].map(([table, head]) => [table, pointer(head)] as const),
  )
  const records = steps.flatMap(({ key, record }) =>
    record ? [[key, movedRecord(source.env, readingFrom(record, after))] as const] : [],
  )
  return { heads: Object.fromEntries(heads), steps: Object.fromEntries(records) }
}

/** The record as if computed from the versions that the target holds: others for which it was forgiven. */
function readingFrom(record: StepRecord, after: ReadonlyMap<string, string>): StepRecord {
  const others = tableInputs(record).filter(({ table, version }) => after.get(table) !== version)
  if (others.length === 0) return record
  const inputs = others.map(
    ({ handle, table }) => [`input:${handle}`, `${table}@${after.get(table)}`] as const,
  )
  const parts = { ...record.parts, ...Object.fromEntries(inputs) }
  return { ...record, parts, fingerprint: fingerprintOf(parts) }
}
