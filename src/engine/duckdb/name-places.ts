import { isName, nameOf, tokensOf, type Token } from './lex.ts'

/**
 * What a name is where it stands: `alias` names a column of a result, `item` is a bare column of a SELECT list, so
 * that it names one too, and `column` is any other.
 */
type Role = 'alias' | 'item' | 'column'

/** A place of a query where a name stands. Indexes are of the query's text. */
export interface NamePlace {
  readonly start: number
  readonly end: number
  /** Where the chain that it ends or stands in begins: of `t.fare` that of `t`. */
  readonly chain: number
  readonly quoted: boolean
  readonly role: Role
  /** In a SELECT list of the query itself, not of one inside of it. */
  readonly outer: boolean
}

/** A star of the SELECT list of the query itself. */
export interface StarPlace {
  /** Where RENAME can be put in. */
  readonly end: number
}

/** Words that begin another clause. */
const clauses = new Set(
  'SELECT FROM WHERE GROUP HAVING ORDER LIMIT OFFSET WINDOW QUALIFY UNION INTERSECT EXCEPT'.split(' '),
)
const listBegins = new Set(['SELECT', 'DISTINCT', 'ALL', ','])
/** Behind these stands a value, so what follows is no alias. */
const operators = new Set(
  'AND OR NOT IN IS LIKE ILIKE BETWEEN CASE WHEN THEN ELSE BY ON AS FROM INTERVAL EXISTS ANY SOME'.split(' '),
)

/** All places where a name stands as a name, not in texts and comments, in any case of letters. */
export function namePlaces(text: string, name: string): NamePlace[] {
  const tokens = withClauses(text)
  return tokens.flatMap((token, at): NamePlace[] => {
    if (!isName(token) || nameOf(token).toLowerCase() !== name.toLowerCase()) return []
    const first = chainStart(tokens, at)
    return [
      {
        start: token.start,
        end: token.start + token.text.length,
        chain: tokens[first]?.start ?? token.start,
        quoted: token.kind === 'quoted',
        role: roleOf(tokens, first, at),
        outer: token.depth === 0 && token.clause === 'SELECT',
      },
    ]
  })
}

/** The stars of the SELECT list of the query itself, `*` and `t.*`, with no RENAME behind them. */
export function starPlaces(text: string): StarPlace[] {
  const tokens = withClauses(text)
  return tokens.flatMap((token, at): StarPlace[] => {
    if (token.text !== '*' || token.depth > 0 || token.clause !== 'SELECT') return []
    const before = upper(tokens[at - 1])
    if (!listBegins.has(before) && before !== '.') return []
    let last = at
    while (['EXCLUDE', 'REPLACE', 'EXCEPT'].includes(upper(tokens[last + 1]))) {
      last += 2
      if (tokens[last]?.text !== '(') continue
      const { depth = 0 } = tokens[last] ?? {}
      while (last + 1 < tokens.length && !(tokens[last]?.text === ')' && tokens[last]?.depth === depth))
        last++
    }
    const end = tokens[last]
    if (end === undefined || upper(tokens[last + 1]) === 'RENAME') return []
    return [{ end: end.start + end.text.length }]
  })
}

interface Placed extends Token {
  /** How many brackets are around it; a bracket itself counts as outside of what it holds. */
  readonly depth: number
  /** The word that began the clause that it stands in. */
  readonly clause: string | undefined
}

function withClauses(text: string): Placed[] {
  const around: (string | undefined)[] = [undefined]
  const tokens = tokensOf(text)
  return tokens.map((token, at): Placed => {
    if (')]}'.includes(token.text) && around.length > 1) around.pop()
    const word = token.kind === 'word' ? token.text.toUpperCase() : ''
    const compares = word === 'FROM' && upper(tokens[at - 1]) === 'DISTINCT' && isComparison(tokens, at - 2)
    if (clauses.has(word) && !compares && tokens[at - 1]?.text !== '.') around[around.length - 1] = word
    const placed = { ...token, depth: around.length - 1, clause: around.at(-1) }
    if ('([{'.includes(token.text)) around.push(undefined)
    return placed
  })
}

/** `IS DISTINCT FROM`, `IS NOT DISTINCT FROM`. */
function isComparison(tokens: readonly Token[], at: number): boolean {
  return ['IS', 'NOT'].includes(upper(tokens[at]))
}

function chainStart(tokens: readonly Token[], at: number): number {
  let first = at
  for (;;) {
    const name = tokens[first - 2]
    if (tokens[first - 1]?.text !== '.' || name === undefined || !isName(name)) return first
    first -= 2
  }
}

function roleOf(tokens: readonly Placed[], first: number, at: number): Role {
  const before = tokens[first - 1]
  const after = tokens[at + 1]
  if (first === at && upper(before) === 'AS') return 'alias'
  // `fare: amount * 2`, and the name of a field in a struct.
  if (first === at && after?.text === ':' && tokens[at + 2]?.text !== ':') return 'alias'
  if (tokens[at]?.clause !== 'SELECT' || !endsItem(after)) return 'column'
  const isFirst = listBegins.has(upper(before)) || endsDistinctOn(tokens, first - 1)
  if (isFirst) return 'item'
  return first === at && before !== undefined && endsValue(before) ? 'alias' : 'column'
}

function endsItem(after: Placed | undefined): boolean {
  return after === undefined || [',', ')', ';'].includes(after.text) || clauses.has(upper(after))
}

/** `SELECT DISTINCT ON (a) fare`. */
function endsDistinctOn(tokens: readonly Placed[], at: number): boolean {
  const close = tokens[at]
  if (close?.text !== ')') return false
  const open = tokens.findLastIndex(
    ({ text, depth }, index) => index < at && text === '(' && depth === close.depth,
  )
  return upper(tokens[open - 1]) === 'ON' && upper(tokens[open - 2]) === 'DISTINCT'
}

function endsValue({ kind, text }: Token): boolean {
  if (kind === 'word') return !operators.has(text.toUpperCase())
  return kind !== 'other' || /[)\]}\d*]/.test(text)
}

function upper(token: Token | undefined): string {
  return token === undefined ? '' : token.kind === 'quoted' ? '' : token.text.toUpperCase()
}
