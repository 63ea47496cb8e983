import type { Problem } from '../base/problem.ts'
import { judgesRows } from '../contract/check-form.ts'
import { askedText } from '../contract/check-text.ts'
import type { DeclaredCheck, DeclaredColumn, DeclaredTable } from '../contract/spec.ts'
import type { Engine } from '../engine/engine.ts'
import { candidatesOf } from './candidates.ts'
import { literalsIn } from './columns-named.ts'
import { columnsOfCheck, type InputContract } from './input-contract.ts'
import { brokenAmong } from './known-broken.ts'
import { nthValue } from './nth-value.ts'

export type LooseRow = Readonly<Record<string, unknown>>

/** How many rows are tried to find one that keeps the conditions: few first, then many. */
const tries = [40, 2000]

/**
 * Rows with all columns of their contract. What is not mentioned is NULL where that is allowed, else a value of
 * the type: the same in every run, another for each row, one that stands in the table it refers to, and one that
 * keeps the checks.
 *
 * @param referenced the rows of the inputs that columns refer to, by column
 */
export async function fillRows(
  engine: Engine,
  contract: InputContract,
  rows: readonly LooseRow[],
  referenced: { readonly [column: string]: readonly unknown[] },
): Promise<{ readonly rows: LooseRow[]; readonly problems: readonly Problem[] }> {
  const { table } = contract
  const filled = rows.map((row, at) => fillRow(table, rows, row, at, referenced))
  const conditions = conditionsOf(table)
  const gaps = rows.map((row) => table.columns.filter(({ name }) => row[name] === undefined))
  const linked = linkedTo(gaps.flat(), conditions)
  if (linked.places.size === 0) return { rows: filled, problems: [] }
  const broken = await brokenAmong(engine, table, linked.names, linked.places, filled)
  const puzzles = broken.flatMap((places, at): Puzzle[] => {
    const own = places.flatMap((place) => conditions[place] ?? [])
    const open = openColumns(own, conditions, gaps[at] ?? [])
    return open.length === 0 ? [] : [{ at, row: filled[at] ?? {}, broken: own, open }]
  })
  let left: readonly Puzzle[] = puzzles
  for (const most of tries) {
    const found = await solve(engine, { table, conditions, linked }, left, most)
    for (const [at, row] of found) filled[at] = row
    left = left.filter(({ at }) => !found.has(at))
  }
  return { rows: filled, problems: left.map((puzzle) => unsolved(contract, puzzle)) }
}

/** A row whose filled columns break conditions. */
interface Puzzle {
  readonly at: number
  readonly row: LooseRow
  readonly broken: readonly Named[]
  readonly open: readonly DeclaredColumn[]
}

/** A check that looks at a row alone. */
interface Named {
  readonly text: string
  readonly names: readonly string[]
  /** Values that stand in it. */
  readonly literals: readonly string[]
}

/** In the order in which the engine tells them. */
function conditionsOf(table: DeclaredTable): Named[] {
  const all = table.columns.map(({ name }) => name)
  return table.checks.map((check) => {
    const alone = judgesRows(check) && check.kind !== 'reference'
    const names = alone ? columnsOfCheck(check, all) : []
    return { text: askedText(check), names, literals: literalsOf(check) }
  })
}

function literalsOf(check: DeclaredCheck): readonly string[] {
  if (check.kind === 'row') return literalsIn(check.condition)
  if (check.kind === 'oneOf') return check.values
  return check.kind === 'range' ? [check.min, check.max].filter((value) => value !== undefined) : []
}

function fillRow(
  table: DeclaredTable,
  rows: readonly LooseRow[],
  row: LooseRow,
  at: number,
  referenced: { readonly [column: string]: readonly unknown[] },
): LooseRow {
  const values = table.columns.map((column) => {
    const { name, nullable } = column
    if (row[name] !== undefined) return [name, row[name]]
    if (nullable && !table.key.includes(name)) return [name, null]
    const others = referenced[name]
    if (others && others.length > 0) return [name, others[at % others.length]]
    const single = table.key.includes(name) || uniqueIn(table, name)
    return [name, single ? unused(column, rows, at) : nthValue(column, at + 1)]
  })
  return { ...row, ...(Object.fromEntries(values) as LooseRow) }
}

function uniqueIn({ checks }: DeclaredTable, column: string): boolean {
  return checks.some((check) => check.kind === 'unique' && check.columns.includes(column))
}

/** A value that no row mentions, for columns in which values are to differ. */
function unused(column: DeclaredColumn, rows: readonly LooseRow[], at: number): unknown {
  const given = new Set(rows.map((row) => spelling(row[column.name])))
  const free: unknown[] = []
  for (let n = 1; free.length <= at && n <= 2 * (rows.length + at + 1); n++) {
    const value = nthValue(column, n)
    if (!given.has(spelling(value))) free.push(value)
  }
  return free[at] ?? nthValue(column, at + 1)
}

function spelling(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  const text = String(value)
  return /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text
}

/** The conditions that columns take part in, directly or through a column that two of them name. */
interface Linked {
  readonly places: ReadonlySet<number>
  readonly names: readonly string[]
}

interface Conditions {
  readonly table: DeclaredTable
  readonly conditions: readonly Named[]
  readonly linked: Linked
}

function linkedTo(columns: readonly DeclaredColumn[], conditions: readonly Named[]): Linked {
  const names = new Set(columns.map(({ name }) => name))
  const places = new Set<number>()
  for (let before = -1; before < places.size;) {
    before = places.size
    for (const [place, { names: own }] of conditions.entries()) {
      if (!own.some((name) => names.has(name))) continue
      places.add(place)
      own.forEach((name) => names.add(name))
    }
  }
  return { places, names: [...names].toSorted() }
}

/** The columns to find values for: those of the broken conditions, and of conditions that name one of those too. */
function openColumns(
  broken: readonly Named[],
  all: readonly Named[],
  gaps: readonly DeclaredColumn[],
): DeclaredColumn[] {
  const names = new Set(broken.flatMap((condition) => condition.names))
  for (const { names: others } of all)
    if (others.some((name) => names.has(name))) others.forEach((name) => names.add(name))
  return gaps.filter(({ name }) => names.has(name))
}

/** The rows found, by the places of their puzzles; all candidates are tried at once. */
async function solve(
  engine: Engine,
  { table, conditions, linked }: Conditions,
  puzzles: readonly Puzzle[],
  most: number,
): Promise<Map<number, LooseRow>> {
  const tried = puzzles.flatMap((puzzle) =>
    rowsToTry(puzzle, conditions, most).map((row) => ({ puzzle, row })),
  )
  const rows = tried.map(({ row }) => row)
  const broken = await brokenAmong(engine, table, linked.names, linked.places, rows)
  const found = new Map<number, LooseRow>()
  for (const [place, { puzzle, row }] of tried.entries()) {
    const names = puzzle.open.map(({ name }) => name)
    const counts = (at: number) => conditions[at]?.names.some((name) => names.includes(name))
    if (!found.has(puzzle.at) && !broken[place]?.some(counts)) found.set(puzzle.at, row)
  }
  return found
}

function rowsToTry({ at, row, open }: Puzzle, conditions: readonly Named[], most: number): LooseRow[] {
  const each = Math.max(2, Math.floor(most ** (1 / open.length)))
  const lists = open.map((column) => {
    const about = conditions.filter(({ names }) => names.includes(column.name))
    const others = about.flatMap(({ names }) => names.filter((name) => name !== column.name))
    const hints = [...about.flatMap(({ literals }) => literals), ...others.map((name) => row[name])]
    return candidatesOf(column, at + 1, hints).slice(0, each)
  })
  return combinations(lists, most).map((values) => ({
    ...row,
    ...Object.fromEntries(open.map(({ name }, place) => [name, values[place]])),
  }))
}

function combinations(lists: readonly (readonly unknown[])[], most: number): unknown[][] {
  return lists
    .reduce<unknown[][]>((all, list) => all.flatMap((start) => list.map((value) => [...start, value])), [[]])
    .slice(0, most)
}

function unsolved({ handle, table }: InputContract, { at, broken, open }: Puzzle): Problem {
  const columns = open.map(({ name }) => `'${name}'`).join(', ')
  const checks = broken.map(({ text }) => `'${text}'`).join(', ')
  return {
    code: 'test/no-value',
    message: `input '${handle}': row ${at + 1}: no value was found for ${columns} that keeps the check ${checks} of '${table.name}'`,
    hint: `give it in the row: { ${open.map(({ name }) => `${name}: ...`).join(', ')} }`,
  }
}
