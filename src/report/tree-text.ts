import { plainPaint } from './paint.ts'
import { hanging, type TextOptions } from './wrap.ts'

/** A line with those below it. */
export interface Branch {
  readonly text: string
  readonly children: readonly Branch[]
}

/** Branches as lines, with strokes before them. Long ones go on below themselves. */
export function drawTree(branches: readonly Branch[], options: TextOptions = {}, indent = ''): string[] {
  const { width = Infinity, paint = plainPaint } = options
  return branches.flatMap(({ text, children }, at) => {
    const last = at === branches.length - 1
    const inner = `${indent}${last ? '   ' : '│  '}`
    const [before, below] = [
      `${indent}${last ? '└─ ' : '├─ '}`,
      `${inner}${children.length > 0 ? '│    ' : '  '}`,
    ]
    const lines = hanging(text, before, below, width).map((line, row) => {
      const strokes = row === 0 ? before : below
      return paint.dim(strokes) + line.slice(strokes.length)
    })
    return [...lines, ...drawTree(children, options, inner)]
  })
}
