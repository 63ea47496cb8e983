import { extname } from 'node:path'
import { parseSync, visitorKeys, type Node } from 'oxc-parser'
import { cook, type Cooked } from './cooked.ts'
import { withoutMark } from './module-info.ts'

/** A stretch of a source text, in UTF-16 units. */
export interface Stretch {
  readonly start: number
  readonly end: number
}

/** A tagged template as it is written. */
export interface Template extends Stretch {
  /** What stands between its `${...}`, each with where it begins in the source. */
  readonly strings: readonly (Cooked & { readonly start: number })[]
  /** Its `${...}`. */
  readonly values: readonly Stretch[]
  /** The properties around it by name, outermost first, such as `select` and `trips`. */
  readonly keys: readonly string[]
}

/** All tagged templates of a module, in the order of its text. One that does not parse has none. */
export function templatesIn(path: string, source: string): { text: string; templates: readonly Template[] } {
  const text = withoutMark(source)
  const lang = extname(path).endsWith('x') ? 'tsx' : 'ts'
  const templates: Template[] = []
  const visit = (node: Node, keys: readonly string[]): void => {
    if (node.type === 'TaggedTemplateExpression') templates.push(templateOf(node.quasi, text, keys))
    const inner = node.type === 'Property' ? [...keys, ...nameOf(node.key)] : keys
    for (const key of visitorKeys[node.type] ?? []) {
      const child = (node as unknown as Record<string, unknown>)[key]
      for (const each of Array.isArray(child) ? child : [child]) if (isNode(each)) visit(each, inner)
    }
  }
  visit(parseSync(path, text, { lang }).program, [])
  return { text, templates }
}

type Quasi = Extract<Node, { type: 'TemplateLiteral' }>

function templateOf(
  { quasis, expressions, start, end }: Quasi,
  text: string,
  keys: readonly string[],
): Template {
  // The parser counts a backtick, or a brace, on both sides to the string, or it does not: as TypeScript's tree does.
  const wide = quasis[0]?.start === start
  const strings = quasis.map((quasi) => {
    const from = wide ? quasi.start + 1 : quasi.start
    const to = wide ? quasi.end - (quasi.tail ? 1 : 2) : quasi.end
    return { ...cook(text.slice(from, to)), start: from, to }
  })
  const values = expressions.map((_, at) => ({
    start: strings[at]?.to ?? start,
    end: (strings[at + 1]?.start ?? end) - 1,
  }))
  return { start, end, strings, values, keys }
}

function nameOf(key: Node): string[] {
  if (key.type === 'Identifier') return [key.name]
  return key.type === 'Literal' ? [String(key.value)] : []
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}
