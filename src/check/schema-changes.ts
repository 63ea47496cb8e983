import type { ColumnShape } from '../lake/types.ts'

/** A column that one version of a table has and the other has not, or has in another way. */
export interface SchemaChange {
  readonly kind: 'added' | 'removed' | 'changed'
  readonly column: string
  readonly before?: ColumnKind
  readonly after?: ColumnKind
}

export interface ColumnKind {
  readonly type: string
  readonly nullable: boolean
}

/** How the columns of two versions differ, in the order of the later one, removed ones last. Their order does not count. */
export function schemaChanges(before: readonly ColumnShape[], after: readonly ColumnShape[]): SchemaChange[] {
  const old = new Map(before.map((column) => [column.name, column]))
  const names = new Set(after.map(({ name }) => name))
  const removed = before.filter(({ name }) => !names.has(name))
  return [
    ...after.flatMap((column): SchemaChange[] => {
      const was = old.get(column.name)
      if (was === undefined) return [{ kind: 'added', column: column.name, after: kindOf(column) }]
      if (was.type === column.type && was.nullable === column.nullable) return []
      return [{ kind: 'changed', column: column.name, before: kindOf(was), after: kindOf(column) }]
    }),
    ...removed.map((column): SchemaChange => {
      return { kind: 'removed', column: column.name, before: kindOf(column) }
    }),
  ]
}

function kindOf({ type, nullable }: ColumnShape): ColumnKind {
  return { type, nullable }
}
