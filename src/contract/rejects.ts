import { Column, type Columns } from './column.ts'
import { t } from './types.ts'

/** The column of a rejects table that holds the names of the checks that a row breaks. */
export const brokenColumn = 'broken_checks'

type Nullable<S extends string> = S extends `${string} NULL` ? S : `${S} NULL`

/** The columns of a table's rejects: its own, all of which may be NULL, and the checks that a row breaks. */
export type RejectColumns<C extends Columns> = {
  readonly [K in keyof C]: C[K] extends Column<infer S, infer T> ? Column<Nullable<S>, T | null> : never
} & { readonly [brokenColumn]: Column<'VARCHAR[]', readonly string[]> }

/** The columns of a table's rejects table; they promise nothing. */
export function rejectColumns<C extends Columns>(columns: C): RejectColumns<C> {
  const loose = Object.entries(columns).map(([name, { sql, spec }]) => {
    const bare = sql.replace(/ NULL$/, '')
    return [name, new Column(`${bare} NULL`, { ...spec, nullable: true })]
  })
  const broken = t.list(t.varchar()).describe('The names of the checks that the row breaks.')
  return { ...Object.fromEntries(loose), [brokenColumn]: broken } as RejectColumns<C>
}
