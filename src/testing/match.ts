import type { Cell } from '../engine/engine.ts'
import type { ExpectedRow } from './expected.ts'

export type FoundRow = readonly Cell[]

/** An expected row that is not there, beside the row that is nearest to it. */
export interface ChangedRow {
  readonly expected: ExpectedRow
  readonly found: FoundRow
}

export interface Difference {
  readonly missing: readonly ExpectedRow[]
  readonly extra: readonly FoundRow[]
  readonly changed: readonly ChangedRow[]
}

/** Above this many pairs, no nearest rows are looked for. */
const mostPairs = 250_000

/**
 * What is different between the rows expected and found, whatever their order. Each row found stands for one
 * expected row at most.
 *
 * @param key places of the columns that identify a row
 */
export function differenceOf(
  expected: readonly ExpectedRow[],
  found: readonly FoundRow[],
  key: readonly number[],
): Difference {
  const taken = sameColumns(expected) ? matchAlike(expected, found) : matchAny(expected, found)
  const missing = expected.filter((_, at) => !taken.has(at))
  const matched = new Set(taken.values())
  return pairUp(
    missing,
    found.filter((_, at) => !matched.has(at)),
    key,
  )
}

/** The usual case: all rows mention the same columns, so that equal rows are found by their texts. */
function matchAlike(expected: readonly ExpectedRow[], found: readonly FoundRow[]): Map<number, number> {
  const places = [...(expected[0]?.keys() ?? [])]
  const waiting = new Map<string, number[]>()
  for (const [at, row] of found.entries()) {
    const text = JSON.stringify(places.map((place) => row[place]))
    waiting.set(text, [...(waiting.get(text) ?? []), at])
  }
  const taken = new Map<number, number>()
  for (const [at, row] of expected.entries()) {
    const alike = waiting.get(JSON.stringify(places.map((place) => row.get(place))))?.pop()
    if (alike !== undefined) taken.set(at, alike)
  }
  return taken
}

function sameColumns(expected: readonly ExpectedRow[]): boolean {
  const spelled = expected.map((row) => [...row.keys()].toSorted((a, b) => a - b).join())
  return new Set(spelled).size <= 1
}

/**
 * Rows that mention different columns may fit several rows: the most pairs are found by augmenting paths (Kuhn,
 * "The Hungarian method for the assignment problem", 1955, without weights).
 */
function matchAny(expected: readonly ExpectedRow[], found: readonly FoundRow[]): Map<number, number> {
  const fits = expected.map((row) => found.flatMap((other, at) => (same(row, other) ? [at] : [])))
  const owner = new Map<number, number>()
  const place = (at: number, tried: Set<number>): boolean => {
    for (const other of fits[at] ?? []) {
      if (tried.has(other)) continue
      tried.add(other)
      const before = owner.get(other)
      if (before === undefined || place(before, tried)) {
        owner.set(other, at)
        return true
      }
    }
    return false
  }
  expected.forEach((_, at) => place(at, new Set()))
  return new Map([...owner].map(([other, at]) => [at, other]))
}

function same(expected: ExpectedRow, found: FoundRow): boolean {
  for (const [place, cell] of expected) if (found[place] !== cell) return false
  return true
}

/** Pairs rows that are left: by their key, else those with the most equal cells. */
function pairUp(
  missing: readonly ExpectedRow[],
  extra: readonly FoundRow[],
  key: readonly number[],
): Difference {
  const left = { missing: new Set(missing), extra: new Set(extra) }
  const changed: ChangedRow[] = []
  const pair = (expected: ExpectedRow, found: FoundRow) => {
    if (!left.missing.has(expected) || !left.extra.has(found)) return
    left.missing.delete(expected)
    left.extra.delete(found)
    changed.push({ expected, found })
  }
  if (missing.length * extra.length <= mostPairs) {
    const pairs = missing.flatMap((expected) =>
      extra.map((found) => ({ expected, found, ...likeness(expected, found, key) })),
    )
    const likely = pairs.filter(({ equal, byKey }) => byKey || equal > 0)
    likely.sort((a, b) => Number(b.byKey) - Number(a.byKey) || b.equal - a.equal)
    for (const { expected, found } of likely) pair(expected, found)
  }
  const order = new Map(missing.map((row, at) => [row, at]))
  changed.sort((a, b) => (order.get(a.expected) ?? 0) - (order.get(b.expected) ?? 0))
  return { missing: [...left.missing], extra: [...left.extra], changed }
}

function likeness(expected: ExpectedRow, found: FoundRow, key: readonly number[]) {
  const byKey =
    key.length > 0 && key.every((place) => expected.has(place) && expected.get(place) === found[place])
  // Rows that have another key are other rows.
  const otherKey = key.length > 0 && key.every((place) => expected.has(place)) && !byKey
  const equal = otherKey ? 0 : [...expected].filter(([place, cell]) => found[place] === cell).length
  return { byKey, equal }
}
