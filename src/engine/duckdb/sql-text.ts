import { quoteName } from '../../contract/render.ts'
import { edited } from './edits.ts'
import { tokensOf } from './lex.ts'

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

/**
 * For every function that reads files: else a folder called `region=north` on the way to a file, such as that
 * of the project itself, is taken for a column and hides the file's own one of that name.
 */
export const ownColumnsOnly = 'hive_partitioning=false'

export function parquetFiles(files: readonly string[]): string {
  return `read_parquet(${quotePaths(files)}, ${ownColumnsOnly})`
}

/** A column with the path of the file that a row comes from; no file has a column of that name. */
export const fileColumn = quoteName('\u0001file')

/** The option that adds it. */
export const withFileColumn = `filename=${quoteText('\u0001file')}`

/** Columns by name as a SQL struct, as readers of CSV and JSON take their types. */
export function quoteTypes(columns: readonly { readonly name: string; readonly type: string }[]): string {
  return `{${columns.map(({ name, type }) => `${quoteText(name)}: ${quoteText(type)}`).join(', ')}}`
}

/** A statement's text with its semicolons blanked, so that it can stand in parentheses. Places stay the same. */
function withoutSemicolons(text: string): string {
  if (!text.includes(';')) return text
  const semicolons = tokensOf(text).filter((token) => token.text === ';')
  return edited(
    text,
    semicolons.map(({ start }) => ({ start, end: start + 1, text: ' ' })),
  ).text
}

/** A query in parentheses; the line break ends a comment in its last line. */
export function subquery(text: string): string {
  return `(${withoutSemicolons(text)}\n)`
}

export { quoteName }
