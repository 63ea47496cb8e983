const text = /'(?:[^']|'')*'/g
const quoted = /"((?:[^"]|"")+)"/g
const comparison = /^\s*([A-Za-z_]\w*)\s*(?:[<>=!]|(?:not\s+)?(?:between|in|i?like)\b|is\b)/i
const leading = new Set(['not', 'case', 'null', 'true', 'false'])

/**
 * Names in a SQL condition that are certainly columns: quoted names, and the name that a comparison starts
 * with. The rest is for the engine, which binds the whole condition.
 */
export function columnsInCheck(condition: string): string[] {
  const bare = condition.replace(text, "''")
  const names = [...bare.matchAll(quoted)].map((match) => (match[1] ?? '').replaceAll('""', '"'))
  const first = comparison.exec(bare)?.[1]
  if (first !== undefined && !leading.has(first.toLowerCase()) && !/^(current|local)/i.test(first))
    names.push(first)
  return [...new Set(names)]
}
