import type { Node } from 'oxc-parser'
import { walk, type Visited } from './scope.ts'
import { literalText, untrackedMeta, untrackedUse } from './untracked.ts'

/** A reference to a name of the module's top level. `member` is what is taken of it, when that is all. */
export interface Ref {
  readonly name: string
  readonly member?: string
  /** It is a step that is placed: `.step(name)`. */
  readonly placed?: true
  readonly at: number
}

/** What a stretch of code uses, with offsets into its text. */
export interface Uses {
  readonly refs: Ref[]
  readonly untracked: { readonly what: string; readonly at: number }[]
  readonly imports: { readonly kind: 'dynamic' | 'url'; readonly from: string; readonly at: number }[]
  /** What to change so that two ways to write the same give the same text. */
  readonly edits: Edit[]
}

export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Collects what code uses. `declared` holds the names of the module's top level; all others are globals. */
export function scan(root: Node, keys: Parameters<typeof walk>[1], declared: ReadonlySet<string>): Uses {
  const uses: Uses = { refs: [], untracked: [], imports: [], edits: [] }
  const seen = new Set<Node>()
  walk(root, keys, {
    reference(name, visited) {
      const at = visited.node.start
      if (declared.has(name)) {
        const placed = isPlaced(visited.node, visited.around.at(-1))
        uses.refs.push({ name, ...memberTaken(visited), ...(placed && { placed }), at })
      } else {
        const what = untrackedUse(name, visited)
        if (what !== undefined) uses.untracked.push({ what, at: startOf(visited) })
      }
    },
    node(visited) {
      const { node } = visited
      if (node.type === 'NewExpression') {
        const url = urlLiteral(node, declared)
        if (!url) return
        seen.add(url.meta)
        if (isRelative(url.from)) uses.imports.push({ kind: 'url', from: url.from, at: node.start })
      } else if (node.type === 'ImportExpression') {
        const from = literalText(node.source)
        if (from === undefined) uses.untracked.push({ what: 'import() of a computed name', at: node.start })
        else uses.imports.push({ kind: 'dynamic', from, at: node.start })
      } else if (node.type === 'MetaProperty' && node.meta.name === 'import') {
        if (!seen.has(node)) uses.untracked.push({ what: untrackedMeta(visited), at: node.start })
      } else addEdit(visited, uses.edits)
    },
  })
  return uses
}

/** `new Date()` begins at its `new`. */
function startOf({ node, around }: Visited): number {
  const parent = around.at(-1)
  return parent?.type === 'NewExpression' && parent.callee === node ? parent.start : node.start
}

/** Whether a name is the first argument of a call of `.step`. */
function isPlaced(node: Node, parent: Node | undefined): boolean {
  if (parent?.type !== 'CallExpression' || parent.arguments[0] !== node) return false
  const { callee } = parent
  return callee.type === 'MemberExpression' && !callee.computed && callee.property.type === 'Identifier'
    ? callee.property.name === 'step'
    : false
}

function memberTaken({ node, around }: Visited): { member?: string } {
  const parent = around.at(-1)
  if (parent?.type !== 'MemberExpression' || parent.object !== node || parent.computed) return {}
  return parent.property.type === 'Identifier' ? { member: parent.property.name } : {}
}

/** `new URL('literal', import.meta.url)`: the literal and the node of `import.meta`. */
function urlLiteral(
  node: Node & { type: 'NewExpression' },
  declared: ReadonlySet<string>,
): { from: string; meta: Node } | undefined {
  const [first, base] = node.arguments
  if (node.callee.type !== 'Identifier' || node.callee.name !== 'URL' || declared.has('URL')) return undefined
  const from = literalText(first)
  if (from === undefined || base?.type !== 'MemberExpression' || base.object.type !== 'MetaProperty')
    return undefined
  const isUrl = !base.computed && base.property.type === 'Identifier' && base.property.name === 'url'
  return isUrl ? { from, meta: base.object } : undefined
}

/** Whether a URL leads to a file beside the module; one with a scheme of its own does not. */
function isRelative(url: string): boolean {
  return !/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(url) || url.startsWith('file:')
}

const bareName = /^[A-Za-z_$][\w$]*$/

/** Quotes around a key that needs none, and empty statements between others: formatters take them out. */
function addEdit({ node, around }: Visited, edits: Edit[]): void {
  if (node.type === 'EmptyStatement') {
    if (around.at(-1)?.type === 'BlockStatement') edits.push({ start: node.start, end: node.end, text: '' })
    return
  }
  if (node.type !== 'Property' && node.type !== 'MethodDefinition' && node.type !== 'PropertyDefinition')
    return
  if (node.computed || node.key?.type !== 'Literal' || typeof node.key.value !== 'string') return
  if (bareName.test(node.key.value))
    edits.push({ start: node.key.start, end: node.key.end, text: node.key.value })
}

/** The text between two offsets with edits applied; where edits lie inside others, the outer one holds. */
export function edited(code: string, start: number, end: number, edits: readonly Edit[]): string {
  let text = ''
  let at = start
  for (const edit of edits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (edit.start < at || edit.end > end) continue
    text += code.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return text + code.slice(at, end)
}
