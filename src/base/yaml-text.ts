import {
  Document,
  parseDocument,
  YAMLParseError,
  type DocumentOptions,
  type ParseOptions,
  type SchemaOptions,
  type ToJSOptions,
} from 'yaml'

type Options = ParseOptions & DocumentOptions & SchemaOptions

/** A text as YAML 1.2, with its faults as the document's errors: a parser that runs out of stack is one of them. */
export function readYaml(text: string, options: Options): Document {
  try {
    // What it would warn of on stderr, such as keys that are lists, is told as an unknown key.
    return parseDocument(text, { logLevel: 'error', ...options })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const empty = new Document()
    empty.errors.push(new YAMLParseError([0, 0], 'IMPOSSIBLE', tooDeep))
    return empty
  }
}

const tooDeep = 'it is nested too deeply'

/** The value of a document, or why it has none: aliases that name nothing, repeat too much, or hold themselves. */
export function yamlValue(
  document: Document,
  options?: ToJSOptions,
): { readonly value: unknown } | { readonly fault: string } {
  try {
    const value: unknown = document.toJS(options)
    return holdsItself(value) ? { fault: 'an alias stands within what it names' } : { value }
  } catch (error) {
    if (error instanceof ReferenceError) return { fault: error.message }
    if (error instanceof RangeError) return { fault: tooDeep }
    throw error
  }
}

/** A node is looked at once: aliases make one stand in many places. */
function holdsItself(value: unknown, above = new Set<unknown>(), sound = new Set<unknown>()): boolean {
  if (typeof value !== 'object' || value === null || sound.has(value)) return false
  if (above.has(value)) return true
  above.add(value)
  const found = Object.values(value).some((item) => holdsItself(item, above, sound))
  above.delete(value)
  sound.add(value)
  return found
}
