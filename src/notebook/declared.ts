import type { Expression, Node, ObjectExpression, Program } from 'oxc-parser'

/** Recognises what a module declares with Sluice: by the names that it imports from `sluice`, whatever it calls them. */
export interface Declarations {
  /** `true`: a table or source. A text: one when that name is one, as `trips` in `trips.pick('a')`. */
  readonly contract: (expression: Expression | null) => true | string | undefined
  /** The object that `notebook({...})` is called with, null when it is another expression. */
  readonly notebook: (expression: Expression | null) => ObjectExpression | null | undefined
}

/** What narrows an input: the result is a contract when the receiver is one. */
const narrowing: ReadonlySet<string> = new Set(['pick', 'optional'])
const formats: ReadonlySet<string> = new Set(['csv', 'json', 'ndjson', 'parquet'])

export function isSluice(specifier: string): boolean {
  return specifier === 'sluice' || specifier.startsWith('sluice/')
}

export function declarationsOf(program: Program): Declarations {
  const names = importedNames(program)
  const called = (callee: Node): string | undefined => {
    if (callee.type === 'Identifier') return names.get(callee.name)
    const [object, member] = staticMember(callee)
    if (object === undefined || member === undefined) return undefined
    const outer = called(object)
    if (outer === undefined) return undefined
    return outer === '*' ? member : `${outer}.${member}`
  }
  const contract: Declarations['contract'] = (expression) => {
    if (expression?.type !== 'CallExpression') return undefined
    const name = called(expression.callee)
    if (name === 'table') return true
    if (name?.startsWith('source.') && formats.has(name.slice('source.'.length))) return true
    const [object, member] = staticMember(expression.callee)
    if (object === undefined || member === undefined || !narrowing.has(member)) return undefined
    return pathText(object) ?? contract(object as Expression)
  }
  return {
    contract,
    notebook(expression) {
      if (expression?.type !== 'CallExpression' || called(expression.callee) !== 'notebook') return undefined
      const [definition] = expression.arguments
      return definition?.type === 'ObjectExpression' ? definition : null
    },
  }
}

/** Local names of what is imported from `sluice`, with the names that it has there; `*` for the whole. */
function importedNames(program: Program): Map<string, string> {
  const names = new Map<string, string>()
  for (const statement of program.body) {
    if (statement.type !== 'ImportDeclaration' || !isSluice(statement.source.value)) continue
    for (const specifier of statement.specifiers) {
      if (specifier.type === 'ImportSpecifier')
        names.set(specifier.local.name, exportName(specifier.imported))
      else if (specifier.type === 'ImportNamespaceSpecifier') names.set(specifier.local.name, '*')
    }
  }
  return names
}

/** The name in an import or export clause, which may be a string. */
export function exportName(
  node: { type: 'Identifier'; name: string } | { type: 'Literal'; value: string },
): string {
  return node.type === 'Identifier' ? node.name : node.value
}

function staticMember(node: Node): [object?: Node, member?: string] {
  if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') return []
  return [node.object, node.property.name]
}

/** `trips` or `tables.trips`: a name, or a member of one, as text. */
function pathText(node: Node): string | undefined {
  if (node.type === 'Identifier') return node.name
  const [object, member] = staticMember(node)
  return object?.type === 'Identifier' && member !== undefined ? `${object.name}.${member}` : undefined
}
