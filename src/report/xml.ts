import { withoutColours } from './width.ts'

/** An element's attributes; those that are undefined are left out. */
export interface Attributes {
  readonly [name: string]: string | number | undefined
}

/** Characters that XML 1.0 cannot hold in any form (production 2, Char), halves of surrogate pairs too. */
const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

/** Text without colours, and with U+FFFD for what XML cannot hold. What is left comes back from a parser as it is. */
export function xmlText(text: string): string {
  return withoutColours(text).replace(forbidden, '\ufffd')
}

const entities: { readonly [char: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // A parser turns a bare carriage return into a line feed, and either in an attribute into a space (XML 1.0, 2.11 and 3.3.3).
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
  // Line ends to parsers of XML 1.1 (2.11); the last one to some parsers only, which go beyond it.
  '\u0085': '&#133;',
  '\u2028': '&#8232;',
  '\u2029': '&#8233;',
}

/**
 * An element with text or with elements within it. Writers for XML that were looked at
 * leave control characters and line ends in attributes as they are, or cost 65 ms to load: the half that is
 * not theirs is the difficult one.
 */
export function element(
  name: string,
  attributes: Attributes,
  content: string | readonly string[] = [],
): string {
  const set = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined
      ? []
      : ` ${key}="${xmlText(String(value)).replace(/[&<>"\r\n\t\u0085\u2028\u2029]/g, entity)}"`,
  )
  const open = `<${name}${set.join('')}`
  if (content.length === 0) return `${open}/>`
  const inner = typeof content === 'string' ? escaped(content) : `\n${content.join('\n')}\n`
  return `${open}>${inner}</${name}>`
}

/** A document with its root element. */
export function xmlDocument(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`
}

function escaped(text: string): string {
  return xmlText(text).replace(/[&<>\r\u0085\u2028\u2029]/g, entity)
}

function entity(char: string): string {
  return entities[char] ?? char
}
