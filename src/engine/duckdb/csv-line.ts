import type { CsvDialect } from '../../contract/source.ts'

/** The fields of one line of CSV (RFC 4180, with the quote and escape of the dialect). Spaces around names go. */
export function csvFieldsOf(line: string, dialect: CsvDialect): string[] {
  const { delimiter = ',', quote = '"' } = dialect
  const escape = dialect.escape ?? quote
  const fields: string[] = []
  let field = ''
  let quoted = false
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at)
    const next = line.charAt(at + 1)
    if (quoted && char === escape && (next === quote || (next === escape && escape !== quote))) {
      field += next
      at++
    } else if (quote !== '' && char === quote && (quoted || field.trim() === '')) {
      if (!quoted) field = ''
      quoted = !quoted
    } else if (!quoted && line.startsWith(delimiter, at)) {
      fields.push(field.trim())
      field = ''
      at += delimiter.length - 1
    } else field += char
  }
  return [...fields, field.trim()]
}
