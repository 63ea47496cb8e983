import type { Paint } from './paint.ts'

/** A line with those below it. */
export interface Branch {
  readonly text: string
  readonly children: readonly Branch[]
}

/** Branches as lines, with strokes before them. */
export function drawTree(branches: readonly Branch[], paint: Paint, indent = ''): string[] {
  return branches.flatMap(({ text, children }, at) => {
    const last = at === branches.length - 1
    const first = paint.dim(`${indent}${last ? '└─ ' : '├─ '}`) + text
    return [first, ...drawTree(children, paint, `${indent}${last ? '   ' : '│  '}`)]
  })
}
