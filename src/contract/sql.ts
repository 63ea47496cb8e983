import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * What the pieces of a query are is told by a mark, not by `instanceof`: a project may hold two copies of
 * Sluice (a linked one and its own), and their pieces must fit together.
 */
const mark = '~sluice'

/** Something that a query can read from: an input of the notebook. */
export class Relation {
  readonly [mark] = 'relation'
  readonly handle: string
  readonly columns: readonly string[]
  constructor(handle: string, columns: readonly string[]) {
    this.handle = handle
    this.columns = columns
  }
}

/** A name of a column or alias, quoted when the query is rendered. */
export class Identifier {
  readonly [mark] = 'identifier'
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** Which piece of a query a value is, or undefined for a plain value. */
export function pieceOf(value: unknown): 'relation' | 'identifier' | 'sql' | undefined {
  if (typeof value !== 'object' || value === null || !(mark in value)) return undefined
  return (value as Relation | Identifier | Sql)[mark]
}

export type SqlScalar = string | number | bigint | boolean | null | Date | Uint8Array
export type SqlValue = SqlScalar | Relation | Identifier | Sql | readonly SqlScalar[]

/** A query or a piece of one. Text comes only from the program; values travel beside it. */
export class Sql {
  readonly [mark] = 'sql'
  readonly strings: readonly string[]
  readonly values: readonly SqlValue[]
  /** Where the strings stand, when they come from a file of SQL. */
  readonly from?: SqlFile
  constructor(strings: readonly string[], values: readonly SqlValue[], from?: SqlFile) {
    this.strings = strings
    this.values = values
    if (from) this.from = from
  }
}

/** A file of SQL, and where in its text each string begins. */
export interface SqlFile {
  /** Absolute path. */
  readonly file: string
  readonly offsets: readonly number[]
}

function tag(strings: TemplateStringsArray, ...values: readonly SqlValue[]): Sql {
  return new Sql([...strings], values)
}

/**
 * Writes a query. In the template a table handle becomes a relation, another `sql` a part of the query,
 * `sql.id(name)` an identifier, and any other value a bound parameter. There is no way to paste text.
 */
export const sql = Object.assign(tag, {
  /** A column or alias by name, quoted. */
  id: (name: string) => new Identifier(name),
  /** Pieces with a separator between them, `, ` when left out. */
  join: (pieces: readonly SqlValue[], separator: Sql = tag`, `): Sql => {
    if (pieces.length === 0) return new Sql([''], [])
    const values = pieces.flatMap((piece, at) => (at === 0 ? [piece] : [separator, piece]))
    return new Sql(['', ...values.slice(1).map(() => ''), ''], values)
  },
  /**
   * A query from a file beside the notebook: `sql.file(new URL('./daily.sql', import.meta.url), { raw, year })`.
   * In the file `$raw` and `$year` stand for the values of those names. The file counts as code.
   */
  file: (url: URL, values: { readonly [name: string]: SqlValue } = {}): Sql =>
    fillNames(readFileSync(url, 'utf8'), values, fileURLToPath(url)),
})

/** Quoted texts, quoted names and comments, which keep their `$`; else a `$name`. */
const pieces = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$([A-Za-z_]\w*)/g

function fillNames(text: string, values: { readonly [name: string]: SqlValue }, file: string): Sql {
  const strings: string[] = []
  const found: SqlValue[] = []
  const offsets: number[] = []
  let from = 0
  for (const match of text.matchAll(pieces)) {
    const name = match[1]
    if (name === undefined || !Object.hasOwn(values, name)) continue
    strings.push(text.slice(from, match.index))
    offsets.push(from)
    found.push(values[name] as SqlValue)
    from = match.index + match[0].length
  }
  return new Sql([...strings, text.slice(from)], found, { file, offsets: [...offsets, from] })
}
