import type { DeclaredTable } from '../contract/spec.ts'
import type { Cell } from '../engine/engine.ts'
import { plural } from '../report/amount.ts'
import type { ExpectedRow } from './expected.ts'
import type { ChangedRow, Difference, FoundRow } from './match.ts'

/** How many rows of a kind are shown. */
const shown = 10
const longestCell = 100

/** The difference of an output as lines: changed rows cell by cell, then those that are missing and those too many. */
export function differenceText(
  table: DeclaredTable,
  { missing, extra, changed }: Difference,
  about: { readonly expected: readonly ExpectedRow[]; readonly found: number; readonly some: boolean },
): string {
  const mentioned = table.columns.flatMap(({ name }, place) =>
    about.expected.some((row) => row.has(place)) || table.key.includes(name) ? [place] : [],
  )
  const counts = [
    changed.length > 0 && `${plural(changed.length, 'row')} changed`,
    missing.length > 0 && `${plural(missing.length, 'row')} missing`,
    extra.length > 0 && !about.some && `${plural(extra.length, 'row')} too many`,
  ].filter((text) => text !== false)
  const lines = [
    `output table '${table.name}': ${counts.join(', ')} (${about.expected.length} expected${about.some ? ' among others' : ''}, ${about.found} found)`,
    ...listed(changed, (row) => changedLine(table, row)),
    ...listed(missing, (row) => `  - missing   ${expectedText(table, row)}`),
    ...(about.some ? [] : listed(extra, (row) => `  + too many  ${foundText(table, row, mentioned)}`)),
  ]
  return lines.join('\n')
}

function listed<T>(rows: readonly T[], line: (row: T) => string): string[] {
  const lines = rows.slice(0, shown).map(line)
  return rows.length > shown ? [...lines, `    ... and ${rows.length - shown} more`] : lines
}

function changedLine(table: DeclaredTable, { expected, found }: ChangedRow): string {
  const cells = [...expected].filter(([place, cell]) => found[place] !== cell)
  const equal = new Map([...expected].filter(([place, cell]) => found[place] === cell))
  const keys = table.columns.flatMap(({ name }, place) =>
    table.key.includes(name) && !cells.some(([other]) => other === place) ? [place] : [],
  )
  const who = keys.length > 0 ? foundText(table, found, keys) : expectedText(table, equal)
  const changes = cells.map(([place, cell]) => {
    const name = table.columns[place]?.name ?? ''
    return `${name}: ${cellText(table, place, cell)} expected, ${cellText(table, place, found[place] ?? null)} found`
  })
  return `  ~ changed   ${who}  ${changes.join('; ')}`
}

function expectedText(table: DeclaredTable, row: ExpectedRow): string {
  const places = [...row.keys()].toSorted((a, b) => a - b)
  return `{ ${places.map((place) => named(table, place, row.get(place) ?? null)).join(', ')} }`
}

function foundText(table: DeclaredTable, row: FoundRow, places: readonly number[]): string {
  return `{ ${places.map((place) => named(table, place, row[place] ?? null)).join(', ')} }`
}

function named(table: DeclaredTable, place: number, cell: Cell): string {
  return `${table.columns[place]?.name}: ${cellText(table, place, cell)}`
}

/** Texts stand in quotes, so that a space at the end and the word NULL can be seen. */
function cellText(table: DeclaredTable, place: number, cell: Cell): string {
  if (cell === null) return 'NULL'
  const quoted = table.columns[place]?.type === 'VARCHAR' ? JSON.stringify(cell) : cell
  return quoted.length > longestCell ? `${quoted.slice(0, longestCell)}...` : quoted
}
