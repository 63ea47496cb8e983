import type { DeclaredTable } from '../contract/spec.ts'
import type { BareChange } from './contract-change.ts'

/** What changed of the checks of a table and of the columns that it had before and has now. */
export function diffChecks(one: DeclaredTable, other: DeclaredTable): BareChange[] {
  const now = new Map(other.columns.map((column) => [column.name, column]))
  return [
    ...diffConditions(one.checks, other.checks),
    ...one.columns.flatMap(({ name, checks }) => {
      const column = now.get(name)
      if (column === undefined) return []
      return diffConditions(checks, column.checks).map((change) => ({ ...change, column: name }))
    }),
  ]
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
