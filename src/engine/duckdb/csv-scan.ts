import { isUtf8 } from 'node:buffer'
import type { CsvDialect } from '../../contract/source.ts'
import { longestLine } from './source-limits.ts'

/** A record of a CSV file: a row, or what stands where one should be. */
export interface CsvRecord {
  /** Where it begins, from 1. */
  readonly line: number
  /** Without the end of its line; valid until the next batch. */
  readonly raw: Buffer
  readonly fields: number
  /** Why it is no row. */
  readonly fault?: string
}

interface Marks {
  readonly delimiter: Buffer
  readonly quote: number
  readonly escape: number
  readonly comment: number
}

const [lineFeed, carriageReturn, space, none] = [10, 13, 32, -1]
/** So much is shown of a line that is too long. */
const shownOfLong = 1000

/**
 * The records of a CSV file (RFC 4180, with the marks of the dialect), the header too. Any of LF, CR LF and CR ends a line
 * outside of quotes. A quote that never ends, or text behind one, spoils the line on which its record begins, and
 * reading goes on with the next: so that a stray quote costs one row and not all that follow.
 *
 * @param columns what makes a row: that many fields; 0 when any number does
 */
export async function* csvRecords(
  chunks: AsyncIterable<Buffer>,
  dialect: CsvDialect,
  columns: number,
): AsyncGenerator<readonly CsvRecord[], void> {
  const marks = marksOf(dialect)
  const state: State = {
    line: 1,
    skip: Math.trunc(dialect.skip ?? 0),
    header: dialect.header !== false,
    columns,
  }
  let rest: Buffer = Buffer.alloc(0)
  let tooLong: Buffer | undefined
  let first = true
  for await (const chunk of chunks) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    if (first && bytes.length < 3) {
      rest = bytes
      continue
    }
    if (first && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3)
    first = false
    if (tooLong) {
      const end = lineEnd(bytes, 0, false)
      if (!end) {
        rest = bytes.at(-1) === carriageReturn ? bytes.subarray(-1) : Buffer.alloc(0)
        continue
      }
      yield [longRecord(state.line++, tooLong)]
      tooLong = undefined
      bytes = bytes.subarray(end.next)
    }
    const { records, next } = recordsIn(bytes, marks, state, false)
    if (records.length > 0) yield records
    rest = Buffer.from(bytes.subarray(next))
    if (rest.length > longestLine && !lineEnd(rest, 0, false)) {
      tooLong = Buffer.from(rest.subarray(0, shownOfLong))
      rest = Buffer.alloc(0)
    }
  }
  if (tooLong) yield [longRecord(state.line, tooLong)]
  else {
    const bom = first && rest[0] === 0xef && rest[1] === 0xbb && rest[2] === 0xbf ? 3 : 0
    const { records } = recordsIn(rest.subarray(bom), marks, state, true)
    if (records.length > 0) yield records
  }
}

interface State {
  line: number
  skip: number
  header: boolean
  columns: number
}

function longRecord(line: number, raw: Buffer): CsvRecord {
  const fault = `the line has more than ${longestLine.toLocaleString('en-US')} bytes`
  return { line, raw, fields: 0, fault }
}

function marksOf({ delimiter = ',', quote = '"', escape = quote, comment = '' }: CsvDialect): Marks {
  const byte = (text: string) => (text === '' ? none : (Buffer.from(text)[0] ?? none))
  return {
    delimiter: Buffer.from(delimiter),
    quote: byte(quote),
    escape: byte(escape),
    comment: byte(comment),
  }
}

/** Whole records of a stretch of a file, and where the first one begins that is not whole. */
function recordsIn(
  bytes: Buffer,
  marks: Marks,
  state: State,
  atEnd: boolean,
): { records: CsvRecord[]; next: number } {
  const records: CsvRecord[] = []
  let at = 0
  const good = isUtf8(bytes)
  while (at < bytes.length) {
    if (state.skip > 0) {
      const end = lineEnd(bytes, at, atEnd)
      if (!end) break
      state.skip--
      state.line++
      at = end.next
      continue
    }
    const found = recordAt(bytes, at, marks, atEnd)
    if (!found) break
    const { end, next, fields, lines, fault } = found
    const raw = bytes.subarray(at, end)
    const { line } = state
    state.line += lines
    at = next
    // A line of a comment, or without anything: of one column, an empty line is a row.
    if (fields === 0 || (raw.length === 0 && fault === undefined && (state.columns !== 1 || state.header)))
      continue
    const why = fault ?? (good || isUtf8(raw) ? undefined : 'it is not UTF-8')
    const isHeader = state.header
    state.header = false
    const wrong = isHeader || why !== undefined ? why : miscounted(found, state.columns)
    records.push({ line, raw, fields, ...(wrong !== undefined && { fault: wrong }) })
  }
  return { records, next: at }
}

/** A delimiter behind the last field is taken for none, as DuckDB does. */
function miscounted({ fields, trailing }: Found, columns: number): string | undefined {
  if (columns === 0 || fields === columns || (fields === columns + 1 && trailing)) return undefined
  return `it has ${fields} ${fields === 1 ? 'field' : 'fields'}, and the header ${columns}`
}

interface Found {
  /** Behind the last byte of the record. */
  readonly end: number
  /** Where the next one begins. */
  readonly next: number
  /** 0 for a comment. */
  readonly fields: number
  readonly lines: number
  /** The last field has no byte. */
  readonly trailing: boolean
  readonly fault?: string
}

/** The record that begins at a place; undefined when the bytes do not hold all of it. */
function recordAt(bytes: Buffer, start: number, marks: Marks, atEnd: boolean): Found | undefined {
  const { delimiter, quote, comment } = marks
  const mark = delimiter[0] ?? none
  let fields = 1
  let at = start
  let fieldStart = start
  let hasQuotes = false
  for (;;) {
    const opening = quote === none ? none : quoteAt(bytes, at, quote)
    if (opening !== none) {
      hasQuotes = true
      const close = closingOf(bytes, opening + 1, marks, atEnd)
      if (close === 'open') {
        if (!atEnd && bytes.length - start <= longestLine) return undefined
        return spoiled(bytes, start, atEnd, 'a quote does not end')
      }
      at = close + 1
      while (bytes[at] === space) at++
      if (at >= bytes.length && !atEnd) return undefined
      const byte = bytes[at]
      const stops =
        at >= bytes.length ||
        byte === lineFeed ||
        byte === carriageReturn ||
        byte === comment ||
        isAt(bytes, at, delimiter)
      if (!stops) {
        if (bytes.length - at < delimiter.length && !atEnd) return undefined
        return spoiled(bytes, start, atEnd, 'text stands behind a closing quote')
      }
    }
    let byte = bytes[at]
    while (
      byte !== undefined &&
      byte !== lineFeed &&
      byte !== carriageReturn &&
      byte !== comment &&
      !(byte === mark && isAt(bytes, at, delimiter))
    )
      byte = bytes[++at]
    if (byte === undefined && !atEnd) return undefined
    if (byte === mark && isAt(bytes, at, delimiter)) {
      fields++
      at += delimiter.length
      fieldStart = at
      continue
    }
    const line = lineEnd(bytes, at, atEnd)
    if (!line) return undefined
    const isComment = byte === comment && fields === 1 && blank(bytes, start, at)
    const end = byte === comment ? at : line.end
    const lines = hasQuotes ? linesIn(bytes, start, line.next) : 1
    return {
      end: isComment ? end : line.end,
      next: line.next,
      fields: isComment ? 0 : fields,
      lines,
      trailing: at === fieldStart,
    }
  }
}

/** Where a quote opens a field, spaces before it or not. */
function quoteAt(bytes: Buffer, from: number, quote: number): number {
  let at = from
  while (bytes[at] === space) at++
  return bytes[at] === quote ? at : none
}

/** Where the quote of a field closes. */
function closingOf(bytes: Buffer, from: number, { quote, escape }: Marks, atEnd: boolean): number | 'open' {
  let at = from
  for (;;) {
    if (escape === quote || escape === none) {
      at = bytes.indexOf(quote, at)
      if (at < 0) return 'open'
      if (escape === none || bytes[at + 1] !== quote) return at + 1 < bytes.length || atEnd ? at : 'open'
      at += 2
    } else {
      while (at < bytes.length && bytes[at] !== quote && bytes[at] !== escape) at++
      if (at >= bytes.length) return 'open'
      if (bytes[at] === quote) return at
      const next = bytes[at + 1]
      at += next === quote || next === escape ? 2 : 1
    }
  }
}

/** The line on which a record begins is no row. */
function spoiled(bytes: Buffer, start: number, atEnd: boolean, fault: string): Found | undefined {
  const line = lineEnd(bytes, start, atEnd)
  return line && { end: line.end, next: line.next, fields: 1, lines: 1, trailing: false, fault }
}

function isAt(bytes: Buffer, at: number, text: Buffer): boolean {
  for (let byte = 0; byte < text.length; byte++) if (bytes[at + byte] !== text[byte]) return false
  return true
}

function blank(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== space) return false
  return true
}

/** Where a line ends, and the next begins; undefined when that cannot be told yet. */
function lineEnd(bytes: Buffer, from: number, atEnd: boolean): { end: number; next: number } | undefined {
  let at = from
  while (at < bytes.length && bytes[at] !== lineFeed && bytes[at] !== carriageReturn) at++
  if (at >= bytes.length) return atEnd ? { end: at, next: at } : undefined
  if (bytes[at] === lineFeed) return { end: at, next: at + 1 }
  if (at + 1 >= bytes.length && !atEnd) return undefined
  return { end: at, next: bytes[at + 1] === lineFeed ? at + 2 : at + 1 }
}

/** How many lines end in a stretch. */
function linesIn(bytes: Buffer, from: number, to: number): number {
  let lines = 0
  for (let at = from; at < to; at++) {
    const byte = bytes[at]
    if (byte === lineFeed || (byte === carriageReturn && bytes[at + 1] !== lineFeed)) lines++
  }
  return lines
}
