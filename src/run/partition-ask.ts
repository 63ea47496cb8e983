import type { DeclaredCheck, DeclaredTable } from '../contract/spec.ts'

/** How partitions are asked for: by their values in order, and which of them are computed. */
export interface BackfillAsk {
  readonly step: string
  /** The first value; for times also the beginning of one: `2019` for all months of it. */
  readonly from?: string
  /** The last value, which is meant too. */
  readonly to?: string
  /**
   * `missing`, when left out: those that are not computed, or of other inputs than now, late rows too. `failed`: those
   * that failed. `all`: all.
   */
  readonly reprocess?: Reprocess
}

export type Reprocess = 'missing' | 'failed' | 'all'

export const reprocessWords: readonly Reprocess[] = ['missing', 'failed', 'all']

/** Whether a partition is in the range that was asked for. Both ends are meant, and all that begins with them. */
export function inRange(values: readonly string[], { from, to }: Pick<BackfillAsk, 'from' | 'to'>): boolean {
  const value = values[0] ?? ''
  if (from !== undefined && before(value, from) && !begins(value, from)) return false
  return to === undefined || !before(to, value) || begins(value, to)
}

/** `2019-01-31` begins with `2019-01`, and `20190` does not with `2019`. */
function begins(value: string, start: string): boolean {
  return value === start || value.startsWith(`${start}-`) || value.startsWith(`${start}T`)
}

const whole = /^-?\d+$/

function before(one: string, two: string): boolean {
  return whole.test(one) && whole.test(two) ? Number(one) < Number(two) : one < two
}

/**
 * A table as one partition of it is held against it, and its checks that can only be made over all partitions: keys and
 * unique columns that other partitions may hold too, references to tables that the step itself writes, and checks of
 * the table as a whole.
 */
export function partChecks(
  table: DeclaredTable,
  by: readonly string[],
  written: ReadonlySet<string>,
): { readonly part: DeclaredTable; readonly whole?: DeclaredTable } {
  const within = (columns: readonly string[]) => by.every((column) => columns.includes(column))
  const ofWhole = (check: DeclaredCheck) =>
    check.kind === 'unique'
      ? !within(check.columns)
      : check.kind === 'reference'
        ? written.has(check.table)
        : ['rowCount', 'fresh', 'value', 'query'].includes(check.kind)
  const wide = table.checks.filter(ofWhole)
  const keyOfWhole = table.key.length > 0 && !within(table.key)
  if (wide.length === 0 && !keyOfWhole) return { part: table }
  const columns = table.columns.map((column) => ({
    ...column,
    nullable: column.nullable && !table.key.includes(column.name),
  }))
  const narrow = table.checks.filter((check) => !wide.includes(check))
  return {
    part: { ...table, columns, key: keyOfWhole ? [] : table.key, checks: narrow },
    whole: { ...table, key: keyOfWhole ? table.key : [], checks: wide },
  }
}
