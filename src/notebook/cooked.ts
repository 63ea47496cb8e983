/** The text of a template as the program sees it, with the place of each of its characters in the source. */
export interface Cooked {
  readonly text: string
  /** For each UTF-16 unit of the text, and for its end, an index in the source. */
  readonly at: readonly number[]
}

const single: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  v: '\v',
  f: '\f',
  '0': '\0',
}

/** An escape, or an end of a line as Windows and old Macs write it. */
const special = /\\(?:u\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(\r\n|[\s\S]))|\r\n?/g

/**
 * Reads the source between two `${...}` of a template (ECMA-262, Template Literal Lexical Components, TV): escapes
 * become what they stand for, a line that is continued by a backslash loses its end, and ends of lines become `\n`.
 */
export function cook(source: string): Cooked {
  let text = ''
  const at: number[] = []
  const add = (part: string, from: number, step: 0 | 1) => {
    for (let index = 0; index < part.length; index++) at.push(from + index * step)
    text += part
  }
  let from = 0
  for (const match of source.matchAll(special)) {
    add(source.slice(from, match.index), from, 1)
    add(meant(match), match.index, 0)
    from = match.index + match[0].length
  }
  add(source.slice(from), from, 1)
  return { text, at: [...at, source.length] }
}

function meant([whole, braced, four, two, other]: RegExpMatchArray): string {
  if (!whole?.startsWith('\\')) return '\n'
  const code = braced ?? four ?? two
  if (code !== undefined) return String.fromCodePoint(Math.min(parseInt(code, 16), 0x10ffff))
  if (other === undefined || /^[\r\n\u2028\u2029]/.test(other)) return ''
  return single[other] ?? other
}
