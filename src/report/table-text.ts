import type { Paint } from './paint.ts'
import { plainPaint } from './paint.ts'
import { cutEnd, cutMiddle, oneLine, pad, widthOf } from './width.ts'

export interface TextColumn {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Left out where there is no room for all columns; the last such column goes first. */
  readonly minor?: true
  /** What is lost when it is cut: the middle when left out. The beginning of an id is enough to name it. */
  readonly cut?: 'end'
}

export interface TableTextOptions {
  /** Columns of the terminal; the widest columns of the table are cut to fit. Unlimited when left out. */
  readonly width?: number
  readonly paint?: Paint
}

const gap = '  '
/** No column is cut below this. */
const least = 6
/** Minor columns go before another one is cut below this. */
const legible = 14

/** Rows of texts as aligned columns with a heading. Cells are made safe to print: one line, no control characters. */
export function tableLines(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
  options: TableTextOptions = {},
): string[] {
  const { width = Infinity, paint = plainPaint } = options
  const cells = rows.map((row) => columns.map((_, at) => oneLine(row[at] ?? '')))
  const titles = columns.map(({ title }) => oneLine(title))
  const wanted = titles.map((title, at) => widest([title, ...cells.map((row) => row[at] ?? '')]))
  const shown = placed(columns, wanted, width)
  const line = (row: readonly string[]) =>
    shown
      .map(({ column, at, room }) => {
        const cell = row[at] ?? ''
        const cut = column.cut === 'end' ? cutEnd(cell, room) : cutMiddle(cell, room)
        return pad(cut, room, column.align === 'right' ? 'left' : 'right')
      })
      .join(gap)
      .trimEnd()
  return [paint.dim(line(titles)), ...cells.map(line)]
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, widthOf(text)), 0)
}

interface Placed {
  readonly column: TextColumn
  readonly at: number
  /** Characters that it may take. */
  readonly room: number
}

/** The columns that are shown, with their widths: minor ones give way while others would be cut to nothing. */
function placed(columns: readonly TextColumn[], wanted: readonly number[], width: number): Placed[] {
  let at = columns.map((_, index) => index)
  for (;;) {
    const rooms = fit(
      at.map((index) => wanted[index] ?? 0),
      width,
    )
    const illegible = at.some((index, place) => {
      const room = rooms[place] ?? 0
      return room < (wanted[index] ?? 0) && room < legible
    })
    const last = at.findLast((index) => columns[index]?.minor)
    if (!illegible || last === undefined)
      return at.map((index, place) => ({
        column: columns[index] ?? { title: '' },
        at: index,
        room: rooms[place] ?? 0,
      }))
    at = at.filter((index) => index !== last)
  }
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
