import type { Paint } from './paint.ts'
import { widthOf } from './width.ts'

/** How text is laid out for people. */
export interface TextOptions {
  /** Columns of the terminal; unlimited when left out. */
  readonly width?: number
  readonly paint?: Paint
}

/** A line is never made narrower than this, whatever stands before it. */
const least = 20

/** Text in lines that break at spaces. */
export function wrapped(text: string, room: number): string[] {
  if (widthOf(text) <= room) return [text]
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(`${last} ${word}`) <= room) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** Text after what stands before its first line, and before those that follow. */
export function hanging(text: string, before: string, below: string, width: number): string[] {
  const room = Math.max(least, width - widthOf(before))
  return wrapped(text, room).map((line, at) => `${at === 0 ? before : below}${line}`)
}
