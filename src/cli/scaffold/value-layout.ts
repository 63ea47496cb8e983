import { keyText, valueText } from '../../testing/row-text.ts'
import { lineWidth } from './code-text.ts'

/** A value as code that can be broken into lines. */
export type Piece =
  | { readonly kind: 'atom'; readonly text: string }
  | {
      readonly kind: 'list'
      readonly before: string
      readonly items: readonly Piece[]
      readonly after: string
    }
  | {
      readonly kind: 'object'
      readonly open: boolean
      readonly entries: readonly (readonly [string, Piece])[]
    }

/** A value of a row, or a row, as the code that makes it. */
export function pieceOf(value: unknown): Piece {
  if (Array.isArray(value)) return listOf(value.map(pieceOf))
  if (value instanceof Uint8Array)
    return { ...listOf([...value].map(pieceOf)), before: 'new Uint8Array([', after: '])' }
  if (typeof value !== 'object' || value === null || value instanceof Date)
    return { kind: 'atom', text: valueText(value) }
  return objectOf(Object.entries(value).map(([name, item]) => [name, pieceOf(item)]))
}

export function listOf(items: readonly Piece[]): Piece & { kind: 'list' } {
  return { kind: 'list', before: '[', items, after: ']' }
}

/** @param open it has a line for each entry also where it would fit in one */
export function objectOf(entries: readonly (readonly [string, Piece])[], open = false): Piece {
  return { kind: 'object', open: open && entries.length > 0, entries }
}

/**
 * A piece as prettier would lay it out: on one line where it fits, else with a line for each item. Lists of
 * several objects with several keys always have lines.
 *
 * @param indent of the line that it begins on
 * @param used characters of that line before it
 */
function laid(piece: Piece, indent: number, used: number): string {
  const flat = flatText(piece)
  // Behind it stands a comma or a bracket.
  const fits = used + flat.length + 1 <= lineWidth
  if (piece.kind === 'atom' || (fits && !mustBreak(piece))) return flat
  const pad = ' '.repeat(indent + 2)
  const end = ' '.repeat(indent)
  if (piece.kind === 'object') {
    const lines = piece.entries.map(([name, item]) => `${pad}${entryText(name, item, indent + 2)},\n`)
    return `{\n${lines.join('')}${end}}`
  }
  const { before, items, after } = piece
  const lines = items.every(isNumber)
    ? filled(items, pad)
    : items.map((item) => `${pad}${laid(item, indent + 2, indent + 2)},\n`)
  return `${before}\n${lines.join('')}${end}${after}`
}

/** The arguments of a call, behind its opening bracket at the end of a line with this indent. */
export function laidArguments(pieces: readonly Piece[], indent: number, used: number): string {
  const open = pieces.filter((piece) => piece.kind === 'object')
  // Prettier lets one object, the last, hang on the line of the call.
  if (open.length < 2) {
    const texts = pieces.map((piece) => laid(piece, indent, used))
    return texts.join(', ')
  }
  const pad = ' '.repeat(indent + 2)
  const lines = pieces.map((piece) => `${pad}${laid(piece, indent + 2, indent + 2)},\n`)
  return `\n${lines.join('')}${' '.repeat(indent)}`
}

function entryText(name: string, item: Piece, indent: number): string {
  const start = `${keyText(name)}: `
  const text = laid(item, indent, indent + start.length)
  const isText = item.kind === 'atom' && /^['"]/.test(text)
  // Behind a short name a line break would save next to nothing.
  if (!isText || start.length <= 6 || indent + start.length + text.length + 1 <= lineWidth)
    return start + text
  return `${start.trimEnd()}\n${' '.repeat(indent + 2)}${text}`
}

function flatText(piece: Piece): string {
  if (piece.kind === 'atom') return piece.text
  if (piece.kind === 'list') return `${piece.before}${piece.items.map(flatText).join(', ')}${piece.after}`
  if (piece.entries.length === 0) return '{}'
  return `{ ${piece.entries.map(([name, item]) => `${keyText(name)}: ${flatText(item)}`).join(', ')} }`
}

function mustBreak(piece: Piece): boolean {
  if (piece.kind === 'atom') return false
  if (piece.kind === 'object') return piece.open || piece.entries.some(([, item]) => mustBreak(item))
  const { items } = piece
  const several = (kind: Piece['kind']) => items.every((item) => item.kind === kind && sizeOf(item) > 1)
  return (items.length > 1 && (several('object') || several('list'))) || items.some(mustBreak)
}

function sizeOf(piece: Piece): number {
  if (piece.kind === 'atom') return 0
  return piece.kind === 'list' ? piece.items.length : piece.entries.length
}

function isNumber(piece: Piece): boolean {
  return piece.kind === 'atom' && /^-?\d[\d.e-]*$/.test(piece.text)
}

/** As many numbers on a line as fit. */
function filled(items: readonly Piece[], pad: string): string[] {
  const lines: string[] = []
  for (const item of items) {
    const text = `${flatText(item)},`
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + text.length <= lineWidth)
      lines[lines.length - 1] = `${last} ${text}`
    else lines.push(pad + text)
  }
  return lines.map((line) => `${line}\n`)
}
