import { askedText } from '../contract/check-text.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import type { BareChange } from './contract-change.ts'

/** What changed of the checks of a table and of the columns that it had before and has now. */
export function diffChecks(one: DeclaredTable, other: DeclaredTable): BareChange[] {
  const now = new Set(other.columns.map(({ name }) => name))
  const both = one.columns.map(({ name }) => name).filter((name) => now.has(name))
  return [
    ...diffConditions(conditionsAt(one, undefined), conditionsAt(other, undefined)),
    ...both.flatMap((column) =>
      diffConditions(conditionsAt(one, column), conditionsAt(other, column)).map((change) => ({
        ...change,
        column,
      })),
    ),
  ]
}

/** What the checks of a column, or those of no single one, ask; unique columns and references stand elsewhere. */
function conditionsAt({ checks }: DeclaredTable, column: string | undefined): string[] {
  return checks
    .filter((check) => ('column' in check ? check.column : undefined) === column)
    .filter(({ kind }) => kind !== 'unique' && kind !== 'reference')
    .map(askedText)
}

/** Conditions are compared as texts: what one that changed lets pass is not known. */
function diffConditions(before: readonly string[], after: readonly string[]): BareChange[] {
  const gone = before.filter((check) => !after.some((each) => same(each, check)))
  const added = after.filter((check) => !before.some((each) => same(each, check)))
  const [was] = gone
  const [is] = added
  if (was !== undefined && is !== undefined && gone.length === 1 && added.length === 1)
    return [{ kind: 'check-changed', what: `check (${was}) -> (${is})`, before: was, after: is }]
  return [
    ...gone.map((check): BareChange => ({
      kind: 'check-removed',
      what: `check (${check}) removed`,
      before: check,
    })),
    ...added.map((check): BareChange => ({
      kind: 'check-added',
      what: `check (${check}) added`,
      after: check,
    })),
  ]
}

/** The same text, where spaces outside of quotes do not count. */
function same(one: string, other: string): boolean {
  return spaced(one) === spaced(other)
}

function spaced(condition: string): string {
  return condition
    .trim()
    .replace(/('(?:[^']|'')*'|"(?:[^"]|"")*")|\s+/g, (_, quoted: string | undefined) => quoted ?? ' ')
}
