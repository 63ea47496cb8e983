const texts = /'(?:[^']|'')*'/g
const names = /"((?:[^"]|"")+)"|[\p{L}_][\p{L}\p{N}_]*/gu

/** The columns of a list that a condition may name: every word that is one of them counts. */
export function columnsNamed(condition: string, columns: readonly string[]): string[] {
  const bare = condition.replace(texts, "''")
  const words = [...bare.matchAll(names)].map(([word, quoted]) =>
    (quoted?.replaceAll('""', '"') ?? word).toLowerCase(),
  )
  return columns.filter((name) => words.includes(name.toLowerCase()))
}

/** The literals of a condition: its numbers and texts. */
export function literalsIn(condition: string): string[] {
  const found = condition.matchAll(/'((?:[^']|'')*)'|(?<![\w.])-?\d+(?:\.\d+)?/g)
  return [...found].map(([all, text]) => text?.replaceAll("''", "'") ?? all)
}
