import type { Arbitrary } from 'fast-check'
import { ProblemError } from '../base/problem.ts'
import { judgesRows } from '../contract/check-form.ts'
import { askedText } from '../contract/check-text.ts'
import type { DeclaredCheck, DeclaredTable } from '../contract/spec.ts'
import type { Engine } from '../engine/engine.ts'
import { boundsOf, together, type Bounds } from './bounds.ts'
import { columnArbitrary } from './column-arbitrary.ts'
import type { FastCheck } from './fast-check.ts'
import type { LooseRow } from './fill.ts'
import { columnsOfCheck } from './input-contract.ts'
import { rowText } from './row-text.ts'

export interface Lengths {
  readonly minLength?: number
  readonly maxLength?: number
}

/** How many values are tried for columns whose checks only the engine understands. */
const tries = 1500
/** How many of those that hold are kept to choose from. */
const most = 200

/**
 * Rows of a contract. Simple checks become bounds of the values; for the columns of the others, values are made
 * and the engine says which of them hold, once. Keys and unique columns are distinct.
 */
export async function rowsArbitrary(
  fc: FastCheck,
  engine: Engine,
  table: DeclaredTable,
  { minLength = 0, maxLength = 12 }: Lengths = {},
): Promise<Arbitrary<LooseRow[]>> {
  const names = table.columns.map(({ name }) => name)
  const bounds = new Map<string, Bounds>()
  for (const check of table.checks) {
    const found = boundsOf(check, table.columns)
    if (found) bounds.set(found[0], together(bounds.get(found[0]) ?? {}, found[1]))
  }
  const columns = new Map(
    table.columns.map((column) => {
      const nullable = column.nullable && !table.key.includes(column.name)
      return [column.name, columnArbitrary(fc, column, bounds.get(column.name) ?? {}, nullable)]
    }),
  )
  const hard = table.checks.filter((check) => isHard(check, table))
  const groups = groupsOf(hard.map((check) => columnsOfCheck(check, names)))
  const parts: Arbitrary<LooseRow>[] = [
    fc.record(
      recordOf(
        columns,
        names.filter((name) => !groups.flat().includes(name)),
      ),
    ),
  ]
  for (const group of groups) {
    const own = hard.filter((check) => columnsOfCheck(check, names).every((name) => group.includes(name)))
    parts.push(await pool(fc, engine, table, fc.record(recordOf(columns, group)), own))
  }
  const row = fc.tuple(...parts).map((all) => inOrder(names, Object.assign({}, ...all) as LooseRow))
  const apart = [
    table.key,
    ...table.checks.flatMap((check) => (check.kind === 'unique' ? [check.columns] : [])),
  ]
  const comparator = (a: LooseRow, b: LooseRow) => apart.some((key) => key.length > 0 && sameKey(key, a, b))
  return fc.uniqueArray(row, { minLength, maxLength, comparator })
}

/** Whether only the engine can tell if a value holds: a condition that is no simple comparison with the type. */
function isHard(check: DeclaredCheck, { columns }: DeclaredTable): boolean {
  if (!judgesRows(check) || check.kind === 'reference') return false
  const found = boundsOf(check, columns)
  const type = columns.find(({ name }) => name === found?.[0])?.type
  return found === undefined || (type === 'VARCHAR' && found[1].values === undefined)
}

function recordOf(columns: ReadonlyMap<string, Arbitrary<unknown>>, names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, columns.get(name) as Arbitrary<unknown>]))
}

/** Columns that stand in one check, or in checks that share a column, belong together. */
function groupsOf(lists: readonly (readonly string[])[]): string[][] {
  let groups: string[][] = []
  for (const list of lists) {
    const touching = groups.filter((group) => group.some((name) => list.includes(name)))
    groups = [
      ...groups.filter((group) => !touching.includes(group)),
      [...new Set([...touching.flat(), ...list])],
    ]
  }
  return groups.filter((group) => group.length > 0)
}

async function pool(
  fc: FastCheck,
  engine: Engine,
  table: DeclaredTable,
  part: Arbitrary<LooseRow>,
  checks: readonly DeclaredCheck[],
): Promise<Arbitrary<LooseRow>> {
  // The same pool in every run, so that a seed gives the same rows again.
  const tried = fc.sample(part, { numRuns: tries, seed: 1 })
  const broken = await engine.broken({ ...table, checks }, tried)
  const good = tried.filter((_, at) => broken[at]?.length === 0).slice(0, most)
  if (good.length > 0) return fc.constantFrom(...good.toSorted((a, b) => size(a) - size(b)))
  throw new ProblemError({
    code: 'test/no-value',
    message: `no rows of table '${table.name}' were found that keep the check ${checks.map((check) => `'${askedText(check)}'`).join(', ')}, of ${tries} that were tried`,
    hint: 'give rows, or an arbitrary of your own, for this input',
  })
}

/** Simple rows come first: the way in which they shrink. */
function size(row: LooseRow): number {
  return rowText(row).length
}

function inOrder(names: readonly string[], row: LooseRow): LooseRow {
  return Object.fromEntries(names.map((name) => [name, row[name]]))
}

function sameKey(key: readonly string[], a: LooseRow, b: LooseRow): boolean {
  return key.every((name) => a[name] !== null && spelled(a[name]) === spelled(b[name]))
}

function spelled(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'number' ? String(value + 0) : String(value)
}
