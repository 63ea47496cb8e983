import type { Expression, ObjectExpression, ParseResult } from 'oxc-parser'
import { sha256 } from '../base/digest.ts'
import { placeAt, type ImportOf, type ModuleInfo, type Piece } from './module-info.ts'
import type { Ref } from './scan.ts'

type Declaring = NonNullable<ModuleInfo['declaring']>

/** The text of a module as it was written, and its parse. */
export interface Written {
  readonly text: string
  readonly parsed: ParseResult
  readonly parse: (text: string) => ParseResult
}

/**
 * What of a notebook's module can decide what it declares: all of its text as it was written, but for the bodies
 * of `run` and of its queries, which nothing calls while the module is loaded. Places are told in messages, so
 * the place of each stretch of text counts too, where it can hold one. Undefined when there is no such body.
 */
export function declaringOf(
  { text, parsed, parse }: Written,
  pieces: readonly Piece[],
  imports: readonly ImportOf[],
): Declaring | undefined {
  const found = parsed.module.staticExports.find(({ entries }) =>
    entries.some(({ exportName }) => {
      const kind: string = exportName.kind
      return kind === 'Default'
    }),
  )
  if (!found) return undefined
  const bodies = bodiesIn(parse(text.slice(found.start, found.end)))
  const later = pieces.flatMap(({ name }, index) => (bodies.has(name) ? [index] : []))
  if (later.length === 0) return undefined
  const stretches: string[] = []
  let at = 0
  for (const { start, end } of [...bodies.values()].toSorted((a, b) => a.start - b.start)) {
    stretches.push(stretch(text, at, found.start + start))
    at = found.start + end
  }
  stretches.push(stretch(text, at, text.length))
  // An import that only a body uses is dropped when it no longer does, with all that loading it does.
  const kept = imports.map(({ kind, from, names }) => [kind, from, names.map(({ imported }) => imported)])
  return { digest: sha256(JSON.stringify([stretches, kept])), later }
}

/** Where `run` and the queries of the default notebook have their bodies, by the names of their pieces. */
function bodiesIn({ program, errors }: ParseResult): Map<string, { start: number; end: number }> {
  const bodies = new Map<string, { start: number; end: number }>()
  const [statement] = program.body
  if (errors.length > 0 || statement?.type !== 'ExportDefaultDeclaration') return bodies
  const { declaration } = statement
  const [definition] = declaration.type === 'CallExpression' ? declaration.arguments : []
  if (definition?.type !== 'ObjectExpression') return bodies
  const twice = new Set<string>()
  const take = (name: string, value: Expression): void => {
    const isFunction = value.type === 'FunctionExpression' || value.type === 'ArrowFunctionExpression'
    if (bodies.has(name) || !isFunction || !value.body) twice.add(name)
    else bodies.set(name, { start: value.body.start, end: value.body.end })
  }
  for (const [key, value] of valuesOf(definition)) {
    if (key === 'run') take('run', value)
    if ((key !== 'select' && key !== 'deletes') || value.type !== 'ObjectExpression') continue
    for (const [output, query] of valuesOf(value)) take(`${key}.${output}`, query)
  }
  for (const name of twice) bodies.delete(name)
  return bodies
}

function valuesOf(object: ObjectExpression): [key: string, value: Expression][] {
  return object.properties.flatMap((property): [string, Expression][] => {
    if (property.type !== 'Property' || property.computed || property.kind !== 'init') return []
    const { key, value } = property
    if (key.type === 'Identifier') return [[key.name, value]]
    return key.type === 'Literal' ? [[String(key.value), value]] : []
  })
}

/** Names, plain texts and heads of arrow functions: no call, no template, no operator, no comment. */
const placeless = /^(?:[\s,;:{}[\]\w$.]|'[^'\\\n]*'|"[^"\\\n]*"|=>|\)|(?<![\w$)\]>'"]\s*)\()*$/

function stretch(text: string, start: number, end: number): string {
  const part = text.slice(start, end)
  if (start === 0 || (placeless.test(part) && !/\bnew\b/.test(part))) return part
  const { line, column } = placeAt(text, start)
  return `${line}:${column} ${part}`
}

/** What looks into a notebook or a flow, and so could call a body while modules are loaded. */
const looking = /[.{,](?:definition|links)\b|["'`](?:definition|links)["'`]/

/** Whether code could reach the parts of a notebook or a flow by their names. */
export function looksInside(code: string): boolean {
  return looking.test(code)
}

/**
 * Local names of default imports that are used for more than to place a step: `.step(name, ...)`. Whoever else
 * gets a notebook could call what is in it.
 */
export function handedOn(
  imports: readonly ImportOf[],
  refs: readonly Ref[],
  exports: Readonly<Record<string, string>>,
): string[] {
  const defaults = imports.flatMap(({ kind, names }) =>
    kind === 'import' ? names.filter(({ imported }) => imported === 'default') : [],
  )
  const exported = new Set(Object.values(exports))
  const used = new Set(refs.flatMap(({ name, placed }) => (placed === true ? [] : [name])))
  return defaults.flatMap(({ local }) => (used.has(local) || exported.has(local) ? [local] : []))
}
