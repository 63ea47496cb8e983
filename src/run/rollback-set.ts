import { emptyRecord } from '../base/record.ts'
import { movedRecord, pointer } from '../lake/pointers.ts'
import { stepHeads } from '../lake/step-heads.ts'
import type { Changes, EnvState, Head } from '../lake/types.ts'

/**
 * The changes that make an environment what it was: its heads of then, and the records of its steps. With `hold`
 * a step keeps the record of now, which says by what code it was looked at last, and holds the versions of then:
 * that code would only write again what is taken back. Pure.
 */
export function rollbackSet(
  now: EnvState,
  then: EnvState,
  hold: boolean,
): { readonly changes: Changes; readonly again: readonly string[] } {
  const heads = emptyRecord<Changes['heads'][string]>()
  for (const table of new Set([...now.heads.keys(), ...then.heads.keys()])) {
    const head = then.heads.get(table)
    if (head?.version !== now.heads.get(table)?.version) heads[table] = head ? pointer(head) : null
  }
  const steps = hold ? heldRecords(now, then, heads) : formerRecords(now, then)
  const again = Object.entries(steps).flatMap(([key, record]) =>
    record === null ? [now.steps.get(key)?.step ?? key] : [],
  )
  return { changes: { heads, steps }, again }
}

function heldRecords(now: EnvState, then: EnvState, heads: Changes['heads']): Changes['steps'] {
  const steps = emptyRecord<Changes['steps'][string]>()
  for (const { key, record, heads: own } of stepHeads(now).values()) {
    const tables = [...own.keys()]
    if (record === undefined || !tables.some((table) => Object.hasOwn(heads, table))) continue
    const versions = versionsIn(then.heads, tables)
    const none = Object.keys(versions).length === 0
    steps[key] = none ? null : { ...movedRecord(now.env, record), held: versions }
  }
  for (const { key, record, heads: own } of stepHeads(then).values()) {
    if (record === undefined || now.steps.has(key)) continue
    steps[key] = { ...movedRecord(now.env, record), held: versionsIn(then.heads, own.keys()) }
  }
  return steps
}

function versionsIn(heads: ReadonlyMap<string, Head>, tables: Iterable<string>): Record<string, string> {
  const versions = emptyRecord<string>()
  for (const table of tables) {
    const version = heads.get(table)?.version
    if (version !== undefined) versions[table] = version
  }
  return versions
}

function formerRecords(now: EnvState, then: EnvState): Changes['steps'] {
  const steps = emptyRecord<Changes['steps'][string]>()
  for (const key of new Set([...now.steps.keys(), ...then.steps.keys()])) {
    const [is, was] = [now.steps.get(key), then.steps.get(key)]
    if (is?.commit === was?.commit) continue
    steps[key] = was ? movedRecord(now.env, was) : null
  }
  return steps
}
