import type { DeclaredSource } from '../contract/spec.ts'
import type { SqlConnection, SqlSubject } from './connection.ts'

/** What is selected from, and by whose words. */
export interface Selecting {
  readonly source: DeclaredSource
  readonly subject: SqlSubject
  readonly connection: SqlConnection
}

/** The declared columns of a table or query, in their order. `condition` is SQL, or empty. */
export function selectOf(selecting: Selecting, condition: string): string {
  const { source, connection } = selecting
  const columns = source.columns.map(({ name, type }) => {
    const column = connection.identifier(name)
    // A list comes as JSON with texts: its elements keep all of their digits.
    return type.endsWith('[]') && connection.kind === 'postgres'
      ? `to_json(${column}::text[]) AS ${column}`
      : column
  })
  const where = condition === '' ? '' : ` WHERE ${condition}`
  return `SELECT ${columns.join(', ')} FROM ${fromOf(selecting)}${where}`
}

/** The table or query as it stands behind FROM. */
export function fromOf({ subject, connection }: Pick<Selecting, 'subject' | 'connection'>): string {
  return 'table' in subject ? connection.relation(subject.table) : `(${subject.query}\n) AS q`
}
