import type { Place } from '../base/problem.ts'

/**
 * `breaking`: a reader that relied on the contract may fail or be wrong. `compatible`: readers go on as they
 * are, though the writer may have to do more. `neutral`: for people only.
 */
export type ChangeLevel = 'breaking' | 'compatible' | 'neutral'

/**
 * Every way in which a contract can change, with what it means to its readers. `docs/contract-changes.md` has
 * the same table, and a test holds the two together. A change of type breaks also where every value still
 * fits: readers of Sluice compare types exactly, and INTEGER to BIGINT is `number` to `bigint` in TypeScript.
 */
export const changeRules = {
  'table-removed': ['breaking', 'A table is gone.'],
  'table-added': ['compatible', 'A new table.'],
  'column-removed': ['breaking', 'A column is gone, or has another name.'],
  'column-added': ['compatible', 'A new column.'],
  'type-changed': ['breaking', 'A column has another type, also one that holds all old values.'],
  'null-allowed': ['breaking', 'A column may now be NULL.'],
  'null-refused': ['compatible', 'A column is never NULL any more. The step that writes it may fail.'],
  'key-removed': ['breaking', 'Nothing identifies a row any more.'],
  'key-changed': ['breaking', 'Other columns identify a row: a row means something else.'],
  'key-added': ['compatible', 'A key where there was none. The step that writes it may fail.'],
  'unique-removed': ['breaking', 'Two rows may share a value.'],
  'unique-added': ['compatible', 'No two rows share a value. The step that writes it may fail.'],
  'reference-removed': ['breaking', 'Values need not stand in the other table any more.'],
  'reference-changed': ['breaking', 'Values stand in another table or column.'],
  'reference-added': [
    'compatible',
    'Values stand in another table for certain. The step that writes it may fail.',
  ],
  'check-removed': ['breaking', 'A condition that held for every row need not hold any more.'],
  'check-loosened': ['breaking', 'A condition lets more rows pass.'],
  'check-changed': ['breaking', 'A condition became another one: nobody can say which is stricter.'],
  'check-tightened': ['compatible', 'A condition lets fewer rows pass. The step that writes it may fail.'],
  'check-added': ['compatible', 'A new condition. The step that writes it may fail.'],
  'warning-changed': ['neutral', 'A check that only warns came, went or changed: nobody can rely on it.'],
  'reaction-changed': [
    'neutral',
    'Rows that break a check are rejected instead of failing the step, or the reverse.',
  ],
  'rejects-changed': ['neutral', 'The table that keeps rejected rows.'],
  'columns-reordered': ['neutral', 'The same columns in another order: they are read by name.'],
  'key-reordered': ['neutral', 'The same key, with its columns in another order.'],
  'read-as-changed': ['neutral', '`.asNumber()` or `.micros()`: the rows stay; `tsc` tells notebooks.'],
  'partitioning-changed': [
    'neutral',
    'Other files for other values. Readers see the same rows; the step runs again.',
  ],
  'path-changed': ['neutral', 'The folder of the files. Readers go by the name of the table.'],
  'text-changed': ['neutral', 'Description, owner or tags.'],
} as const satisfies { readonly [kind: string]: readonly [ChangeLevel, string] }

export type ChangeKind = keyof typeof changeRules

/** A step that reads some columns of a table. */
export interface ContractReader {
  readonly table: string
  /** The columns that its notebook sees. */
  readonly columns: readonly string[]
  readonly step: string
  readonly flow: string
  /** The notebook, relative to the project. */
  readonly file: string
}

/** One change of a contract, as plain data. */
export interface ContractChange {
  readonly table: string
  /** Left out where the change is about the table. */
  readonly column?: string
  readonly kind: ChangeKind
  readonly level: ChangeLevel
  /** Without its subject: `DECIMAL(10,2) -> DOUBLE`, `removed`. */
  readonly what: string
  readonly before?: string
  readonly after?: string
  /** What may have been meant, such as a new name. */
  readonly hint?: string
  /** Where the table is declared: now, or before when it is gone. */
  readonly where?: Place
  /** The steps of the project that read what changed; others outside may too. */
  readonly readBy: readonly Omit<ContractReader, 'table' | 'columns'>[]
}

/** A change before it is known where it stands and who reads it. */
export interface BareChange {
  readonly kind: ChangeKind
  readonly column?: string
  readonly what: string
  readonly before?: string
  readonly after?: string
  readonly hint?: string
}

/** What the change is about: `silver.trips` or `silver.trips.fare`. */
export function subjectOf({ table, column }: Pick<ContractChange, 'table' | 'column'>): string {
  return column === undefined ? table : `${table}.${column}`
}

/** The gravest level of some changes; undefined where nothing changed. */
export function levelOf(changes: readonly Pick<ContractChange, 'level'>[]): ChangeLevel | undefined {
  return (['breaking', 'compatible', 'neutral'] as const).find((level) =>
    changes.some((change) => change.level === level),
  )
}
