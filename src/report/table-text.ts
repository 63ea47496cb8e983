import type { Paint } from './paint.ts'
import { plainPaint } from './paint.ts'
import { cutMiddle, oneLine, pad, widthOf } from './width.ts'

export interface TextColumn {
  readonly title: string
  readonly align?: 'left' | 'right'
}

export interface TableTextOptions {
  /** Columns of the terminal; the widest columns of the table are cut to fit. Unlimited when left out. */
  readonly width?: number
  readonly paint?: Paint
}

const gap = '  '
/** No column is cut below this. */
const least = 6

/** Rows of texts as aligned columns with a heading. Cells are made safe to print: one line, no control characters. */
export function tableLines(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
  options: TableTextOptions = {},
): string[] {
  const { width = Infinity, paint = plainPaint } = options
  const cells = rows.map((row) => columns.map((_, at) => oneLine(row[at] ?? '')))
  const titles = columns.map(({ title }) => oneLine(title))
  const widths = fit(
    titles.map((title, at) => widest([title, ...cells.map((row) => row[at] ?? '')])),
    width,
  )
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => {
        const room = widths[at] ?? 0
        return pad(cutMiddle(cell, room), room, columns[at]?.align === 'right' ? 'left' : 'right')
      })
      .join(gap)
      .trimEnd()
  return [paint.dim(line(titles)), ...cells.map(line)]
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, widthOf(text)), 0)
}

/** Takes from the widest column, again and again, until all fit or none can give more. */
function fit(widths: readonly number[], room: number): number[] {
  const out = [...widths]
  let over = out.reduce((sum, width) => sum + width, 0) + gap.length * Math.max(0, out.length - 1) - room
  while (over > 0) {
    const most = Math.max(...out)
    if (most <= least) break
    const next = Math.max(least, ...out.filter((width) => width < most))
    const at = out.indexOf(most)
    // Down to the next widest in one stroke, or as much as is needed, and at least by one.
    const cut = Math.max(1, Math.min(over, most - next))
    out[at] = most - cut
    over -= cut
  }
  return out
}
