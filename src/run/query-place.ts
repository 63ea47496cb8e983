import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Place, Problem } from '../base/problem.ts'
import type { EngineProblem } from '../engine/analysis.ts'

/** What stands in a rendered query where the notebook has `${...}`. */
const rendered = /("@(?:[^"]|"")*"|\$\d+)/

/**
 * A fault of a query at its line in the notebook: the line of the query, with any `${...}` where handles and
 * values stand, is looked for in the file. Where it is not found, or more than once (queries may be put together
 * from pieces), the line itself is told.
 */
export function withQueryPlace(problem: Problem, file: string, root: string): Problem {
  const { query, ...told }: EngineProblem = problem
  if (query === undefined || told.where !== undefined) return told
  const { line, number, column } = lineAt(query.text, query.offset)
  if (line.trim() === '') return told
  const source = path.join(root, file)
  const where = existsSync(source) ? placeOf(line, column, readFileSync(source, 'utf8')) : undefined
  if (where) return { ...told, where: { file, ...where } }
  const message = `line ${number} of the query: ${line.trim()}`
  return { ...told, related: [...(told.related ?? []), { message }] }
}

/** The line of a text that holds an index, its number from 1, and the index in it. */
function lineAt(text: string, offset: number): { line: string; number: number; column: number } {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  const number = text.slice(0, start).split('\n').length
  return { line: text.slice(start, end < 0 ? undefined : end), number, column: offset - start }
}

/** Where a line of a query stands in a source text, when it stands there once. */
function placeOf(line: string, column: number, source: string): Omit<Place, 'file'> | undefined {
  const pieces = line.split(rendered)
  const pattern = pieces.map((piece, at) => (at % 2 === 0 ? `(${escaped(piece)})` : '(\\$\\{[^`]*?\\})'))
  const [match, ...others] = source.matchAll(new RegExp(pattern.join(''), 'g'))
  if (!match || others.length > 0) return undefined
  let [left, at] = [column, match.index]
  for (const [index, piece] of pieces.entries()) {
    if (left < piece.length || index === pieces.length - 1) {
      // Inside of what was rendered there is no place: it begins where its `${` does.
      at += index % 2 === 0 ? left : 0
      break
    }
    left -= piece.length
    at += match[index + 1]?.length ?? 0
  }
  const { number, column: place } = lineAt(source, at)
  return { line: number, column: place + 1 }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
