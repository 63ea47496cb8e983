import { isName, nameOf, tokensOf, type Token } from './lex.ts'
import { quoteName } from './sql-text.ts'
import { edited, type Edited } from './edits.ts'

/** A table in a query that is asked for as of a version: `silver.trips@12`, `"silver"."trips"@'2026-01-31'`. */
export interface VersionRef {
  /** The parts of the name, without quotes. */
  readonly name: readonly string[]
  /** What stands behind the `@`, with its quotes. */
  readonly at: string
  /** Indexes in the text, from the first letter to after the last. */
  readonly start: number
  readonly end: number
  /** It stands where only a table can stand. */
  readonly isTable: boolean
}

/** A time in quotes, a date, a number or an id, right behind the `@`. */
const version = /^@('(?:[^']|'')*'|\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z?)?|[0-9a-z]+)/i
const beforeTables = new Set(['from', 'join', ','])

/**
 * The tables of a query that are asked for as of a version. Texts and comments are left alone, and so are `@`
 * and `@>` as operators: only what follows a name without a space, and begins with a letter, digit or quote, counts.
 */
export function versionRefs(text: string): VersionRef[] {
  const tokens = tokensOf(text)
  const refs: VersionRef[] = []
  for (const [at, token] of tokens.entries()) {
    if (token.text !== '@' || token.kind !== 'other') continue
    const said = version.exec(text.slice(token.start))?.[1]
    const first = said === undefined ? undefined : chainBefore(tokens, at)
    const start = first === undefined ? undefined : tokens[first]?.start
    if (said === undefined || first === undefined || start === undefined) continue
    const name = tokens.slice(first, at).filter(isName).map(nameOf)
    const isTable = beforeTables.has(tokens[first - 1]?.text.toLowerCase() ?? '')
    refs.push({ name, at: said, start, end: token.start + 1 + said.length, isTable })
  }
  return refs
}

/** Where the name begins that ends right before a token: names with dots between, without spaces. */
function chainBefore(tokens: readonly Token[], at: number): number | undefined {
  let first: number | undefined
  for (let last = at - 1; last >= 0; last -= 2) {
    const [token, next] = [tokens[last], tokens[last + 1]]
    if (!token || !next || !isName(token) || token.start + token.text.length !== next.start) return first
    first = last
    const dot = tokens[last - 1]
    if (dot?.text !== '.' || dot.start + 1 !== token.start) return first
  }
  return first
}

/** The query with each of some refs written as a relation of a name of its own, such as `silver."trips@12"`. */
export function withRelations(
  text: string,
  refs: readonly { readonly ref: VersionRef; readonly relation: readonly string[] }[],
): Edited {
  return edited(
    text,
    refs.map(({ ref: { start, end }, relation }) => ({
      start,
      end,
      text: relation.map(quoteName).join('.'),
    })),
  )
}
