import type { DeclaredColumn } from '../contract/spec.ts'
import type { BareChange } from './contract-change.ts'
import { isWidening } from './widening.ts'

/** What changed of a column that was there before, its checks left out. */
export function diffColumn(one: DeclaredColumn, other: DeclaredColumn): BareChange[] {
  const changes = [
    ...diffType(one, other),
    ...diffNull(one, other),
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
  const changes: BareChange[] = []
  if (!one.nullable && other.nullable) changes.push({ kind: 'null-allowed', what: 'may be NULL now' })
  if (one.nullable && !other.nullable) changes.push({ kind: 'null-refused', what: 'is never NULL any more' })
  return changes
}

function readAsText({ readAs }: DeclaredColumn): string {
  return readAs === undefined ? 'as usual' : readAs === 'micros' ? 'in microseconds' : 'as a number'
}

function verb(before: string | undefined, after: string | undefined): string {
  return before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
}
