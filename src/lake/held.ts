import type { EnvState, StepRecord } from './types.ts'

/** The step that a table is remembered as an output of, in a state. */
export interface Owner {
  readonly key: string
  readonly record: StepRecord
}

/** Which step wrote a table, as a state remembers it; undefined where no step of it did. */
export function ownerOf(state: EnvState, table: string): Owner | undefined {
  let found: Owner | undefined
  for (const [key, record] of state.steps) {
    // A step that wrote it together with other tables may be remembered too: the last one counts.
    const later = record.commit > (found?.record.commit ?? -1)
    if (later && Object.hasOwn(record.outputs, table)) found = { key, record }
  }
  return found
}

/** Whether the tables of a step stand where a restore put them, so that runs leave them alone. */
export function isHeld({ held }: Pick<StepRecord, 'held'>, { heads }: Pick<EnvState, 'heads'>): boolean {
  const versions = Object.entries(held ?? {})
  return versions.length > 0 && versions.every(([table, version]) => heads.get(table)?.version === version)
}

/** The names of all tables that are held. */
export function heldTables(state: EnvState): Set<string> {
  const records = [...state.steps.values()].filter((record) => isHeld(record, state))
  return new Set(records.flatMap(({ held }) => Object.keys(held ?? {})))
}
