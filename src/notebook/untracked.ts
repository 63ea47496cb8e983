import { isBuiltin } from 'node:module'
import type { Node } from 'oxc-parser'
import type { Visited } from './scope.ts'

/**
 * What own code may not use unseen: it reads something that is not in the fingerprint. The rule is "unknown
 * means run": where a use could be harmless but cannot be told apart, it is told as untracked.
 */

/** Globals of which every use is told, under this name. */
const anyUse: Readonly<Record<string, string | undefined>> = {
  fetch: 'fetch',
  eval: 'eval',
  require: 'require',
  Worker: 'Worker',
  WebSocket: 'WebSocket',
  EventSource: 'EventSource',
  XMLHttpRequest: 'XMLHttpRequest',
  navigator: 'navigator',
  localStorage: 'localStorage',
  sessionStorage: 'sessionStorage',
  globalThis: 'globalThis',
  global: 'global',
  self: 'self',
  Bun: 'Bun',
  Deno: 'Deno',
  __dirname: '__dirname',
  __filename: '__filename',
}

/** Globals of which the member that is used is told, all members but those in the set. */
const byMember: Readonly<Record<string, ReadonlySet<string> | undefined>> = {
  process: new Set(['stdout', 'stderr']),
  performance: new Set(),
  crypto: new Set(['subtle']),
}

/** What a use of a global is told as, or undefined when it is harmless. */
export function untrackedUse(name: string, { node, around }: Visited): string | undefined {
  const parent = around.at(-1)
  if (Object.hasOwn(anyUse, name)) return anyUse[name]
  if (Object.hasOwn(byMember, name)) {
    const member = memberOf(parent, node)
    if (member !== undefined && byMember[name]?.has(member)) return undefined
    return member === undefined ? name : called(`${name}.${member}`, parent, around.at(-2))
  }
  if (name === 'Date') return dateUse(node, parent)
  if (name === 'Math') return randomUse(node, parent)
  if (name === 'Temporal') return memberOf(parent, node) === 'Now' ? 'Temporal.Now' : undefined
  if (name === 'Function') return isCallee(parent, node) || isAlias(parent, node) ? 'Function()' : undefined
  return undefined
}

/** What a use of `import.meta` is told as. The `url` of `new URL('literal', import.meta.url)` is seen as an import. */
export function untrackedMeta({ node, around }: Visited): string {
  const member = memberOf(around.at(-1), node)
  return member === undefined ? 'import.meta' : `import.meta.${member}`
}

/** Modules of Node whose result depends on nothing but what they are given. */
const pureBuiltins: ReadonlySet<string> = new Set([
  'path',
  'url',
  'util',
  'buffer',
  'assert',
  'events',
  'stream',
  'string_decoder',
  'querystring',
  'zlib',
  'punycode',
])
/** Of `node:crypto`, what only computes. */
const pureCrypto: ReadonlySet<string> = new Set([
  'createHash',
  'createHmac',
  'hash',
  'timingSafeEqual',
  'getHashes',
])

/** Whether an import of a module of Node, of these names, reads something that the fingerprint does not see. */
export function untrackedBuiltin(specifier: string, names: readonly string[]): string | undefined {
  if (!isBuiltin(specifier)) return undefined
  const module = specifier.replace(/^node:/, '')
  if (pureBuiltins.has(module.split('/')[0] ?? '')) return undefined
  if (module === 'crypto' && names.length > 0 && names.every((name) => pureCrypto.has(name))) return undefined
  return `node:${module}`
}

function dateUse(node: Node, parent: Node | undefined): string | undefined {
  if (parent?.type === 'NewExpression' && parent.callee === node) {
    return parent.arguments.length === 0 ? 'new Date()' : undefined
  }
  if (parent?.type === 'CallExpression' && parent.callee === node) return 'Date()'
  const member = memberOf(parent, node)
  if (parent?.type === 'MemberExpression')
    return member === undefined || member === 'now' ? 'Date.now()' : undefined
  return isAlias(parent, node) ? 'Date' : undefined
}

function randomUse(node: Node, parent: Node | undefined): string | undefined {
  const member = memberOf(parent, node)
  return member === undefined || member === 'random' ? 'Math.random()' : undefined
}

/** The name of the member that is taken of a node, undefined when it is computed or none is. */
function memberOf(parent: Node | undefined, node: Node): string | undefined {
  if (parent?.type !== 'MemberExpression' || parent.object !== node) return undefined
  if (!parent.computed) return parent.property.type === 'Identifier' ? parent.property.name : undefined
  return literalText(parent.property)
}

/** The text of a string literal, or of a template without substitutions. */
export function literalText(node: Node | null | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node?.type !== 'TemplateLiteral' || node.expressions.length > 0) return undefined
  return node.quasis[0]?.value.cooked ?? undefined
}

function called(text: string, member: Node | undefined, around: Node | undefined): string {
  return around?.type === 'CallExpression' && around.callee === member ? `${text}()` : text
}

function isCallee(parent: Node | undefined, node: Node): boolean {
  return (parent?.type === 'CallExpression' || parent?.type === 'NewExpression') && parent.callee === node
}

/** Whether a global gets another name here, under which it could be used unseen. An argument is not counted. */
function isAlias(parent: Node | undefined, node: Node): boolean {
  switch (parent?.type) {
    case 'CallExpression':
    case 'NewExpression':
      return parent.callee === node
    case 'BinaryExpression':
    case 'UnaryExpression':
    case 'MemberExpression':
      return false
    default:
      return true
  }
}
