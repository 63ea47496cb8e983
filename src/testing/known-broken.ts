import { toWire } from '../base/wire.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import type { Engine } from '../engine/engine.ts'

/** What the engine said before, in this process: tests fill the same columns with the same values. */
const known = new Map<string, readonly number[]>()
const mostKnown = 20_000

/**
 * Which checks of a table rows break, by their places, of those whose columns all stand in `names`. The engine is
 * asked only where values come that it was not asked for before, which saves a test a quarter of its time.
 */
export async function brokenAmong(
  engine: Engine,
  table: DeclaredTable,
  names: readonly string[],
  places: ReadonlySet<number>,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<(readonly number[])[]> {
  const columns = table.columns.map(({ name, type }) => [name, type])
  const start = JSON.stringify([columns, table.checks, [...places]])
  const keys = rows.map((row) => start + JSON.stringify(names.map((name) => spelled(row[name]))))
  // All or none, so that a message about a row that does not fit names the right one.
  if (keys.every((key) => known.has(key))) return keys.map((key) => known.get(key) ?? [])
  const broken = (await engine.broken(table, rows)).map((own) => own.filter((place) => places.has(place)))
  if (known.size > mostKnown) known.clear()
  for (const [at, key] of keys.entries()) known.set(key, broken[at] ?? [])
  return broken
}

function spelled(value: unknown): unknown {
  if (Object.is(value, -0)) return '-0'
  return toWire(value) ?? String(value)
}
