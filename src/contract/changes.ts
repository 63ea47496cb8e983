import { ProblemError } from '../base/problem.ts'
import type { DeclaredTable } from './spec.ts'
import { Relation } from './sql.ts'

/**
 * How an incremental notebook adds to what its tables hold: `append` adds rows, `merge` replaces rows by key. The
 * result must be what computing all rows anew would give.
 */
export type IncrementalMode = 'append' | 'merge'

/** The two sides of what changed. */
export type ChangeSide = 'added' | 'removed'

/** What changed of an input since the step last read it, for queries. A row that changed stands in both. */
export interface ChangedRelations {
  readonly added: Relation
  readonly removed: Relation
}

/** The handle under which a side of the changes of an input stands in queries. */
export function changesHandle(handle: string, side: ChangeSide): string {
  return `${handle}.changes().${side}`
}

/** The input and the side that such a handle names. */
export function changesOf(
  handle: string,
): { readonly handle: string; readonly side: ChangeSide } | undefined {
  const found = /^(.*)\.changes\(\)\.(added|removed)$/s.exec(handle)
  return found ? { handle: found[1] ?? '', side: found[2] as ChangeSide } : undefined
}

/** An input in the queries of an incremental notebook. */
export class ChangingRelation extends Relation {
  /** What changed since the step last read it: all rows are `added` when all is computed anew. */
  changes(): ChangedRelations {
    const side = (name: ChangeSide) => new Relation(changesHandle(this.handle, name), this.columns)
    return { added: side('added'), removed: side('removed') }
  }
}

/** An input of another notebook, which `tsc` does not let ask for changes; modules are loaded without it. */
export class WholeRelation extends Relation {
  changes(): never {
    throw notIncremental(this.handle)
  }
}

/** The Problem of asking for changes where the notebook does not say that it is incremental. */
export function notIncremental(handle: string): ProblemError {
  return new ProblemError({
    code: 'notebook/incremental',
    message: `'${handle}.changes()' is for incremental notebooks`,
    hint: "say `incremental: 'append'` or `incremental: 'merge'` in the notebook",
  })
}

/** The contract of rows that are the keys of a table. */
export function keysOnly({ name, key, columns }: DeclaredTable): DeclaredTable {
  return { name, columns: columns.filter((column) => key.includes(column.name)), key: [], checks: [] }
}
