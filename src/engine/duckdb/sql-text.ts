import { quoteName } from '../../contract/render.ts'

/** The one way in which names and texts get into SQL: quoted here, and nowhere else. */

/** A text as a SQL literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A list of texts as a SQL literal. */
export function quoteTexts(texts: readonly string[]): string {
  return `[${texts.map(quoteText).join(', ')}]`
}

/**
 * Paths as a SQL list. DuckDB takes `*`, `?` and `[` in a path as a pattern and would read other files than
 * the one that is named; in brackets each stands for itself.
 */
export function quotePaths(files: readonly string[]): string {
  return quoteTexts(files.map((file) => file.replace(/[*?[]/g, '[$&]')))
}

export function parquetFiles(files: readonly string[]): string {
  return `read_parquet(${quotePaths(files)})`
}

/** Columns by name as a SQL struct, as readers of CSV and JSON take their types. */
export function quoteTypes(columns: readonly { readonly name: string; readonly type: string }[]): string {
  return `{${columns.map(({ name, type }) => `${quoteText(name)}: ${quoteText(type)}`).join(', ')}}`
}

const pieces = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|;/g

/** A statement's text with its semicolons blanked, so that it can stand in parentheses. Places stay the same. */
function withoutSemicolons(text: string): string {
  return text.includes(';') ? text.replace(pieces, (piece) => (piece === ';' ? ' ' : piece)) : text
}

/** A query in parentheses; the line break ends a comment in its last line. */
export function subquery(text: string): string {
  return `(${withoutSemicolons(text)}\n)`
}

export { quoteName }
