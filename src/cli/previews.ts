import { plural } from '../report/amount.ts'
import { tableLines } from '../report/table-text.ts'
import type { Preview } from '../run/preview.ts'
import type { Cli } from './cli.ts'

/** Prints the first rows of tables: aligned for people, one `{"preview": ...}` line each for programs. */
export function showPreviews(previews: readonly Preview[], json: boolean, { out }: Cli): void {
  for (const preview of previews) {
    if (json) out.data(`${JSON.stringify({ preview })}\n`)
    else out.write(`\n${previewText(preview, out)}`)
  }
}

const numeric = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|FLOAT|DOUBLE|DECIMAL)/

/** A preview as aligned text, with its name and number of rows above. */
export function previewText(preview: Preview, out: Pick<Cli['out'], 'width' | 'paint'>): string {
  const { table, columns, rows, total } = preview
  const shown = rows.length < total ? `, the first ${rows.length}` : ''
  const lines = rows.length === 0 ? [] : resultLines(columns, rows, out)
  return `${[`${out.paint.bold(table)} (${plural(total, 'row')}${shown})`, ...lines].join('\n')}\n`
}

/** Rows under the names of their columns, numbers to the right. */
export function resultLines(
  columns: Preview['columns'],
  rows: Preview['rows'],
  { width, paint }: Pick<Cli['out'], 'width' | 'paint'>,
): string[] {
  const heads = columns.map(({ name, type }) => ({
    title: name,
    align: numeric.test(type) && !type.endsWith(']') ? ('right' as const) : ('left' as const),
  }))
  return tableLines(
    heads,
    rows.map((row) => row.map((cell) => cell ?? 'NULL')),
    { width, paint },
  )
}
