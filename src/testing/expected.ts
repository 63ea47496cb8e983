import type { Place, Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import { cellsOf } from '../engine/duckdb/cell.ts'
import type { Cell } from '../engine/engine.ts'
import type { LooseRow } from './fill.ts'

/** A row that a test expects: cells by place in the contract. What it does not mention is left out. */
export type ExpectedRow = ReadonlyMap<number, Cell>

/** Expected rows as cells of their table, and what is wrong with them. */
export function expectedRows(
  handle: string,
  table: DeclaredTable,
  rows: readonly LooseRow[],
  where?: Place,
): { readonly rows: ExpectedRow[]; readonly problems: Problem[] } {
  const at = where && { where }
  const problems: Problem[] = []
  if (!Array.isArray(rows)) {
    const message = `what is expected of output '${handle}' is no list of rows`
    return { rows: [], problems: [{ code: 'test/invalid', message, ...at, hint: `${handle}: [{ ... }]` }] }
  }
  const expected = rows.map(() => new Map<number, Cell>())
  const names = table.columns.map(({ name }) => name)
  for (const name of new Set(rows.flatMap((row) => Object.keys(row)))) {
    const place = names.indexOf(name)
    const column = table.columns[place]
    if (!column) {
      const hint = didYouMean(name, names)
      const message = `output '${handle}': table '${table.name}' has no column '${name}'`
      problems.push({ code: 'test/invalid', message, ...at, ...(hint !== undefined && { hint }) })
      continue
    }
    const mentioning = rows.flatMap((row, number) => (row[name] === undefined ? [] : [number]))
    const { cells, problems: wrong } = cellsOf(
      column,
      rows.map((row) => row[name]),
      `expected of output '${handle}'`,
    )
    for (const number of mentioning) expected[number]?.set(place, cells[number] ?? null)
    problems.push(...wrong.map((problem) => ({ ...problem, ...at })))
  }
  return { rows: expected, problems }
}
