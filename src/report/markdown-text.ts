import { oneLine, plainLines } from './width.ts'

/** Whatever could begin markup, a link or a mention in GitHub's Markdown. */
const special = /[^\p{L}\p{N} .,;+/-]/gu

/**
 * Text in Markdown that shows as it is, in one line: no markup, no HTML, no link, no end of a table's cell. A
 * character reference is never markup (CommonMark, 2.5), and in `<code>` GitHub makes no mention of a name.
 */
export function markdownText(text: string): string {
  const plain = oneLine(text)
    .toWellFormed()
    .replace(special, (char) => `&#${char.codePointAt(0) ?? 0xfffd};`)
    .replace(/www\./gi, (www) => `${www.slice(0, 3)}&#46;`)
  return plain.trim() === '' ? plain : `<code>${plain}</code>`
}

/** Lines as they are, of whatever text: a `<pre>` block, in which only HTML counts (CommonMark, 4.6). */
export function markdownLines(text: string): string {
  const plain = plainLines(text)
    .toWellFormed()
    .replace(/[&<>]/g, (char) => html[char] ?? char)
  return `<pre>\n${plain}\n</pre>`
}

const html: { readonly [char: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** A table; cells are Markdown. */
export function markdownTable(
  titles: readonly string[],
  aligned: readonly ('left' | 'right')[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = titles.map((_, at) => (aligned[at] === 'right' ? '---:' : '---'))
  return [line(titles), line(rule), ...rows.map(line)].join('\n')
}

/**
 * Whole blocks up to a size in bytes, with a note where some are left out. A block that does not fit ends the
 * text, so that no table or `<pre>` is torn.
 */
export function cutBlocks(blocks: readonly string[], most: number): string {
  const note = 'Too much for one page: the rest is left out.\n'
  const whole = blocks.map((block) => `${block}\n\n`)
  const sizes = whole.map((block) => Buffer.byteLength(block))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total <= most) return whole.join('')
  let left = most - Buffer.byteLength(note)
  const end = sizes.findIndex((size) => (left -= size) < 0)
  const cut = `${whole.slice(0, end).join('')}${note}`
  return Buffer.byteLength(cut) <= most ? cut : ''
}
