import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Place } from './problem.ts'

const frame = /\(?((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/
/** The folders of Sluice's own code: it runs from `dist/` or `src/`, and source maps lead from one to the other. */
const base = fileURLToPath(import.meta.url).replace(/^(.*[\\/])(?:dist|src)[\\/].*$/, '$1')
const own = [join(base, 'dist', sep), join(base, 'src', sep)]

/**
 * Where the user's code called into Sluice: the first stack frame outside Sluice itself, with an absolute
 * path. It is how `notebook()`, `table()` and `flow()` know their file without being told.
 */
export function callSite(): Place | undefined {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 30
  const stack = new Error('call site').stack
  Error.stackTraceLimit = limit
  return placeInStack(stack)
}

/** The first place of a stack that is in a file of the user's. */
export function placeInStack(stack: string | undefined): Place | undefined {
  for (const text of stack?.split('\n').slice(1) ?? []) {
    if (text.includes('node:')) continue
    const match = frame.exec(text.trim())
    if (!match?.[1]) continue
    const file = match[1].startsWith('file://')
      ? fileURLToPath(match[1].replace(/\?.*$/, ''))
      : match[1].replace(/\?.*$/, '')
    if (
      own.some((folder) => file.startsWith(folder)) ||
      file.includes('/node_modules/') ||
      file.startsWith('node:')
    )
      continue
    return { file, line: Number(match[2]), column: Number(match[3]) }
  }
  return undefined
}
