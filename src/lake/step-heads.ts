import type { EnvState, Head, StepRecord } from './types.ts'

/** A step as an environment remembers it, with the heads that it wrote: they move together or not at all. */
export interface StepHeads {
  /** The key of the record; for a head that no record names its table. */
  readonly key: string
  readonly record?: StepRecord
  readonly heads: ReadonlyMap<string, Head>
}

/**
 * The steps of an environment with their heads, by key. A head belongs to the last record that names its version;
 * a record that others have superseded has none.
 */
export function stepHeads({ heads, steps }: EnvState): Map<string, StepHeads> {
  const owners = new Map<string, string>()
  for (const [key, record] of steps) {
    for (const [table, version] of Object.entries({ ...record.outputs, ...record.held })) {
      if (heads.get(table)?.version !== version) continue
      const other = steps.get(owners.get(table) ?? '')
      if (other === undefined || other.commit <= record.commit) owners.set(table, key)
    }
  }
  const found = new Map<string, StepHeads & { readonly heads: Map<string, Head> }>()
  for (const [key, record] of steps) found.set(key, { key, record, heads: new Map() })
  for (const [table, head] of heads) {
    const key = owners.get(table) ?? table
    const owner = found.get(key) ?? { key, heads: new Map<string, Head>() }
    owner.heads.set(table, head)
    found.set(key, owner)
  }
  return found
}

/** Whether two environments hold the same of a step: the same versions, by the same computation. */
export function isSame(one: StepHeads | undefined, other: StepHeads | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  if (one.record?.fingerprint !== other.record?.fingerprint || one.heads.size !== other.heads.size)
    return false
  return [...one.heads].every(([table, { version }]) => other.heads.get(table)?.version === version)
}
