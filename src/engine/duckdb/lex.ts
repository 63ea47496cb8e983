/**
 * Pieces of SQL that hide what is inside of them: texts with backslashes (e'...'), texts, names in quotes, texts
 * between $tags$, comments, also with one inside; then parameters, words and any other character.
 */
const pieces =
  /(?<text>(?<![\p{L}\p{N}_$])e'(?:\\[\s\S]|''|[^'\\])*'|'(?:[^']|'')*'|(?<![\p{L}\p{N}_$])\$([\p{L}_][\p{L}\p{N}_]*)?\$[\s\S]*?\$\2\$)|(?<quoted>"(?:[^"]|"")*")|(?<comment>--[^\n\r]*|\/\*(?:\/\*[\s\S]*?\*\/|[\s\S])*?\*\/)|(?<param>\$\d+)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<other>\S)/giu

/** A piece of a SQL text; `start` is its index in the text. */
export interface Token {
  readonly kind: 'text' | 'quoted' | 'param' | 'word' | 'other'
  readonly start: number
  readonly text: string
}

/** The pieces of a SQL text without spaces and comments. Numbers come digit by digit: nobody asks for them. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (const { 0: piece, index, groups = {} } of text.matchAll(pieces)) {
    const kind = (['text', 'quoted', 'param', 'word', 'other'] as const).find((each) => groups[each])
    if (kind) tokens.push({ kind, start: index, text: piece })
  }
  return tokens
}

/** The name that a word or a quoted name stands for. */
export function nameOf({ kind, text }: Token): string {
  return kind === 'quoted' ? text.slice(1, -1).replaceAll('""', '"') : text
}

export function isName({ kind }: Token): boolean {
  return kind === 'word' || kind === 'quoted'
}
