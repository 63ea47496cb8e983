import { eastAsianWidth } from 'get-east-asian-width'

/**
 * How wide text is in a terminal. The package string-width knows more scripts, but costs 40 ms to load and 60
 * to use first; this is read on the path of a run with nothing to do.
 */
interface Cell {
  readonly text: string
  readonly width: number
}

const ascii = /^[\u0020-\u007e]*$/
const joined = /^[\p{Mn}\p{Me}\p{Cf}\p{Emoji_Modifier}]$/u
/** Control sequences and commands to terminals (ECMA-48: CSI and OSC). */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const sequence = /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]/g
const joiner = '\u200d'
const emojiSelector = '\ufe0f'
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f]/g
const shown: Readonly<Record<string, string>> = { '\n': '⏎', '\r': '␍', '\t': ' ' }

/** Columns that text takes in a terminal; colours take none (Unicode TR 11, East Asian Width). */
export function widthOf(text: string): number {
  const plain = text.includes('\u001b') ? text.replace(sequence, '') : text
  return ascii.test(plain) ? plain.length : cellsOf(plain).reduce((sum, cell) => sum + cell.width, 0)
}

/** Text without control sequences of terminals. */
export function withoutColours(text: string): string {
  return text.replace(sequence, '')
}

/** Text in one line and without anything that a terminal would obey: what comes from data or from user code. */
export function oneLine(text: string): string {
  return ascii.test(text)
    ? text
    : text.replace(sequence, '').replace(control, (char) => shown[char] ?? '\ufffd')
}

/** Text without anything that a terminal would obey; its lines stay. */
export function plainLines(text: string): string {
  return ascii.test(text) ? text : text.split(/\r?\n/).map(oneLine).join('\n')
}

/** Cuts plain text at its end to a width, with `…` where something is missing. */
export function cutEnd(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  return width < 1 ? '' : `${take(cellsOf(text), width - 1)}…`
}

/** Cuts plain text in its middle, where names differ least, to a width. */
export function cutMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  if (width < 3) return cutEnd(text, width)
  const cells = cellsOf(text)
  const end = Math.floor((width - 1) / 2)
  const tail = take(cells.toReversed(), end, true)
  return `${take(cells, width - 1 - end)}…${tail}`
}

/** Fills text with spaces up to a width. */
export function pad(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return side === 'right' ? text + space : space + text
}

/** The first cells, or with `backwards` the cells of a reversed list in their right order, up to a width. */
function take(cells: readonly Cell[], width: number, backwards = false): string {
  const taken: string[] = []
  let left = width
  for (const cell of cells) {
    left -= cell.width
    if (left < 0) break
    taken.push(cell.text)
  }
  return (backwards ? taken.toReversed() : taken).join('')
}

/** Characters as people see them, near enough: marks, joined emoji and skin tones stay with their base. */
function cellsOf(text: string): Cell[] {
  if (ascii.test(text)) return Array.from(text, (char) => ({ text: char, width: 1 }))
  const cells: Cell[] = []
  for (const char of text) {
    const last = cells.at(-1)
    if (last && (joined.test(char) || last.text.endsWith(joiner))) {
      cells[cells.length - 1] = {
        text: last.text + char,
        width: char === emojiSelector ? 2 : last.width,
      }
    } else cells.push({ text: char, width: joined.test(char) ? 0 : eastAsianWidth(char.codePointAt(0) ?? 0) })
  }
  return cells
}
