import type { DeclaredCheck, DeclaredColumn } from '../contract/spec.ts'
import type { BareChange } from './contract-change.ts'
import { isWidening } from './widening.ts'

/** A column with the checks of its table. */
interface Checked {
  readonly column: DeclaredColumn
  readonly checks: readonly DeclaredCheck[]
}

/** What changed of a column that was there before, its conditions left out. */
export function diffColumn(before: Checked, after: Checked): BareChange[] {
  const { column: one } = before
  const { column: other } = after
  const changes = [
    ...diffType(one, other),
    ...diffNull(one, other),
    ...diffUnique(before, after),
    ...diffReference(before, after),
    ...(one.readAs === other.readAs
      ? []
      : [
          {
            kind: 'read-as-changed' as const,
            what: `TypeScript reads it ${readAsText(one)} -> ${readAsText(other)}`,
          },
        ]),
    ...(one.description === other.description
      ? []
      : [{ kind: 'text-changed' as const, what: `description ${verb(one.description, other.description)}` }]),
  ]
  return changes.map((change) => ({ ...change, column: other.name }))
}

function diffType({ type: before }: DeclaredColumn, { type: after }: DeclaredColumn): BareChange[] {
  if (before === after) return []
  const hint = 'every value still fits: readers in SQL go on, those that say the type must follow'
  return [
    {
      kind: 'type-changed',
      what: `${before} -> ${after}`,
      before,
      after,
      ...(isWidening(before, after) && { hint }),
    },
  ]
}

function diffNull(one: DeclaredColumn, other: DeclaredColumn): BareChange[] {
  if (!one.nullable && other.nullable) return [{ kind: 'null-allowed', what: 'may be NULL now' }]
  return one.nullable && !other.nullable ? [{ kind: 'null-refused', what: 'is never NULL any more' }] : []
}

function diffUnique(one: Checked, other: Checked): BareChange[] {
  if (isUnique(one) && !isUnique(other)) return [{ kind: 'unique-removed', what: 'unique no longer' }]
  return !isUnique(one) && isUnique(other) ? [{ kind: 'unique-added', what: 'unique now' }] : []
}

function isUnique({ column, checks }: Checked): boolean {
  return checks.some(
    (check) => check.kind === 'unique' && check.columns.length === 1 && check.columns[0] === column.name,
  )
}

function diffReference(one: Checked, other: Checked): BareChange[] {
  const [before, after] = [targetOf(one), targetOf(other)]
  if (before === after) return []
  if (before === undefined) return [{ kind: 'reference-added', what: `references ${after ?? ''} now`, after }]
  if (after === undefined)
    return [{ kind: 'reference-removed', what: `references ${before} no longer`, before }]
  return [{ kind: 'reference-changed', what: `references ${before} -> ${after}`, before, after }]
}

function targetOf({ column, checks }: Checked): string | undefined {
  const targets = checks.flatMap((check) =>
    check.kind === 'reference' && check.column === column.name ? `${check.table}.${check.to}` : [],
  )
  return targets.length === 0 ? undefined : targets.join(', ')
}

function readAsText({ readAs }: DeclaredColumn): string {
  return readAs === undefined ? 'as usual' : readAs === 'micros' ? 'in microseconds' : 'as a number'
}

function verb(before: string | undefined, after: string | undefined): string {
  return before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
}
