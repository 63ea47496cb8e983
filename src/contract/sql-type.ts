/** A SQL type, taken apart. */
export type SqlType = (
  | { readonly kind: 'plain'; readonly name: string }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'list'; readonly item: SqlType }
  | { readonly kind: 'struct'; readonly fields: readonly SqlField[] }
) & { readonly nullable: boolean }

interface SqlField {
  readonly name: string
  readonly type: SqlType
}

/**
 * Reads a type as DuckDB writes it (`STRUCT(a BIGINT, "b c" VARCHAR)[]`) or as a contract does, with ` NULL`
 * behind parts that may be NULL. What it does not know is `plain` with the whole text as its name.
 */
export function parseSqlType(text: string): SqlType {
  const trimmed = text.trim()
  const without = trimmed.replace(/ NULL$/, '')
  const nullable = without !== trimmed
  const list = /^(.*)\[\d*\]$/s.exec(without)
  if (list?.[1] !== undefined) return { kind: 'list', item: parseSqlType(list[1]), nullable }
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/i.exec(without)
  if (decimal) {
    return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]), nullable }
  }
  const struct = /^STRUCT\((.*)\)$/is.exec(without)
  if (struct?.[1] !== undefined) {
    return { kind: 'struct', fields: splitFields(struct[1]).map(parseField), nullable }
  }
  return { kind: 'plain', name: without, nullable }
}

function parseField(text: string): SqlField {
  const match = /^"((?:[^"]|"")*)"\s+(.*)$/s.exec(text) ?? /^(\S+)\s+(.*)$/s.exec(text)
  if (match?.[1] === undefined || match[2] === undefined) return { name: text, type: parseSqlType('VARCHAR') }
  return { name: match[1].replaceAll('""', '"'), type: parseSqlType(match[2]) }
}

/** Cuts at commas that are in no brackets and no quotes. */
function splitFields(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (const { 0: token, index } of text.matchAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'|[(),]/g)) {
    if (token === '(') depth += 1
    if (token === ')') depth -= 1
    if (token !== ',' || depth > 0) continue
    parts.push(text.slice(from, index).trim())
    from = index + 1
  }
  return [...parts, text.slice(from).trim()]
}
