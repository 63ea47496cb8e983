import { createReadStream } from 'node:fs'
import { InternalError } from '../base/problem.ts'

/**
 * The exchange form of rows: CSV (RFC 4180) in UTF-8 with commas, line feeds and no header. Each value stands in
 * double quotes; NULL is a field with nothing in it, so that an empty text is another thing. Bytes are `\x` and
 * hexadecimal digits, moments are in UTC. PostgreSQL writes it by `FORCE_QUOTE *`, and reads it as it is.
 */
export async function* exchangeRows(file: string): AsyncGenerator<(string | null)[]> {
  const reader = new ExchangeReader()
  for await (const piece of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 18 }))
    yield* reader.next(piece as string)
  if (reader.isOpen()) throw new InternalError(`the rows of ${file} end within a line`)
}

/** Takes texts apart into rows, wherever they are cut. */
class ExchangeReader {
  #rest = ''

  next(piece: string): (string | null)[][] {
    const text = this.#rest + piece
    const rows: (string | null)[][] = []
    let row: (string | null)[] = []
    let from = 0
    let at = 0
    for (;;) {
      const field = fieldAt(text, at)
      if (!field) break
      row.push(field.value)
      at = field.end + 1
      if (text[field.end] === ',') continue
      rows.push(row)
      row = []
      from = at
    }
    this.#rest = text.slice(from)
    return rows
  }

  isOpen(): boolean {
    return this.#rest !== ''
  }
}

/** A field that is whole, with what ends it; undefined where the text ends too early. */
function fieldAt(text: string, at: number): { value: string | null; end: number } | undefined {
  if (text[at] !== '"') return text[at] === undefined ? undefined : { value: null, end: at }
  let quote = text.indexOf('"', at + 1)
  let doubled = false
  while (quote >= 0 && text[quote + 1] === '"') {
    doubled = true
    quote = text.indexOf('"', quote + 2)
  }
  if (quote < 0 || text[quote + 1] === undefined) return undefined
  const value = text.slice(at + 1, quote)
  return { value: doubled ? value.replaceAll('""', '"') : value, end: quote + 1 }
}
