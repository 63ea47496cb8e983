import type {
  ExportDefaultDeclaration,
  Expression,
  Node,
  ObjectExpression,
  Program,
  VariableDeclaration,
} from 'oxc-parser'
import { declarationsOf, exportName } from './declared.ts'
import { namesOf } from './scope.ts'
import type { Binding } from './module-info.ts'
import type { Edit } from './scan.ts'

/** A stretch of the module's text. What lies in `parts` belongs to them and not to the rest. */
export interface Stretch {
  readonly name: string
  readonly root: Node
  /** The text begins here; the keyword of a declaration stands before it. */
  readonly prefix: string
  readonly contract?: true | string
  readonly plain?: true
  /** Parts that are pieces of their own. */
  readonly parts: readonly { readonly name: string; readonly node: Node }[]
  /** Parts that do not count as code. */
  readonly cuts: readonly Node[]
  /** Edits that take parts and cuts out, with the commas around them. */
  readonly edits: readonly Edit[]
}

export interface StaticImport {
  readonly kind: 'import' | 'export'
  readonly from: string
  readonly names: readonly Binding[]
}

export interface Split {
  readonly stretches: readonly Stretch[]
  readonly imports: readonly StaticImport[]
  readonly exports: Readonly<Record<string, string>>
  readonly isNotebook: boolean
}

/** What enters the fingerprint by value, or makes nothing stale: not code. `select` and `run` stay. */
const byValue: ReadonlySet<string> = new Set([
  'name',
  'description',
  'owner',
  'tags',
  'schedule',
  'inputs',
  'outputs',
  'args',
  'env',
  'secrets',
  'volatile',
  'expires',
  'external',
  'incremental',
  'timeout',
  'retries',
  'memory',
  'threads',
  'pool',
])

const whole = { parts: [], cuts: [], edits: [] } as const

/** Splits a module into its top-level statements, and the default notebook into its queries. */
export function splitModule(program: Program): Split {
  const declarations = declarationsOf(program)
  const exports = exportsOf(program)
  const stretches: Stretch[] = []
  let isNotebook = false
  const addValue = (
    name: string,
    prefix: string,
    root: Node,
    value: Expression | null,
    plain: boolean,
  ): void => {
    const isDefault = exports['default'] === name
    const definition = isDefault ? declarations.notebook(value) : undefined
    if (definition !== undefined) {
      isNotebook = true
      stretches.push({ name: '(module)', prefix, root, ...(definition ? notebookParts(definition) : whole) })
      return
    }
    const contract = declarations.contract(value)
    stretches.push({ name, prefix, root, ...whole, ...(contract && { contract }), ...(plain && { plain }) })
  }
  for (const statement of program.body) {
    const declaration = declarationIn(statement)
    if (statement.type === 'ExportDefaultDeclaration') addDefault(statement, stretches, addValue)
    else if (declaration?.type === 'VariableDeclaration') addVariables(declaration, stretches, addValue)
    else if (declaration?.type === 'FunctionDeclaration' || declaration?.type === 'ClassDeclaration') {
      stretches.push({
        name: declaration.id?.name ?? '(module)',
        prefix: '',
        root: declaration,
        ...whole,
        plain: true,
      })
    } else if (declaration && !isImport(declaration) && declaration.type !== 'EmptyStatement') {
      stretches.push({ name: '(module)', prefix: '', root: declaration, ...whole })
    }
  }
  return { stretches, imports: program.body.flatMap(importsOf), exports, isNotebook }
}

type AddValue = (name: string, prefix: string, root: Node, value: Expression | null, plain: boolean) => void

function addDefault(
  { declaration }: ExportDefaultDeclaration,
  stretches: Stretch[],
  addValue: AddValue,
): void {
  if (declaration.type === 'Identifier') return
  const isDeclared = declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration'
  if (isDeclared) {
    stretches.push({
      name: declaration.id?.name ?? 'default',
      prefix: '',
      root: declaration,
      ...whole,
      plain: true,
    })
  } else addValue('default', 'default ', declaration, declaration as Expression, false)
}

/** `const` alone is taken for a contract or a notebook: the others can be assigned to. */
function addVariables(declaration: VariableDeclaration, stretches: Stretch[], addValue: AddValue): void {
  const prefix = `${declaration.kind} `
  for (const root of declaration.declarations) {
    if (root.id.type !== 'Identifier') stretches.push({ name: '(module)', prefix, root, ...whole })
    else if (declaration.kind === 'const') addValue(root.id.name, prefix, root, root.init, true)
    else stretches.push({ name: root.id.name, prefix, root, ...whole })
  }
}

function declarationIn(statement: Node): Node | undefined {
  if (statement.type !== 'ExportNamedDeclaration') return statement
  return statement.declaration ?? undefined
}

function isImport(node: Node): boolean {
  return node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration'
}

/** Takes a notebook's definition apart: its queries and its `run` become pieces, what enters by value is cut. */
function notebookParts(definition: ObjectExpression): Pick<Stretch, 'parts' | 'cuts' | 'edits'> {
  const parts: { name: string; node: Node }[] = []
  const cuts: Node[] = []
  const edits: Edit[] = []
  const takeOut = (
    object: ObjectExpression,
    part: (key: string, node: ObjectExpression['properties'][number]) => boolean,
  ): void => {
    let at = object.start + 1
    // Whatever is taken out, each property that stays is followed by one comma.
    let comma = ''
    for (const property of object.properties) {
      edits.push({ start: at, end: property.start, text: comma })
      const key = keyOf(property)
      const taken = key !== undefined && part(key, property)
      if (taken) edits.push({ start: property.start, end: property.end, text: '' })
      comma = taken ? '' : ','
      at = property.end
    }
    edits.push({ start: at, end: object.end - 1, text: comma })
  }
  takeOut(definition, (key, property) => {
    const value = property.type === 'Property' ? property.value : undefined
    if (key === 'run') return parts.push({ name: 'run', node: property }) > 0
    if ((key === 'select' || key === 'deletes') && value?.type === 'ObjectExpression') {
      takeOut(value, (output, query) => parts.push({ name: `${key}.${output}`, node: query }) > 0)
      return false
    }
    return byValue.has(key) && !isFunction(value) && cuts.push(property) > 0
  })
  return { parts, cuts, edits }
}

function keyOf(property: ObjectExpression['properties'][number]): string | undefined {
  if (property.type !== 'Property' || property.computed || property.kind !== 'init') return undefined
  if (property.key.type === 'Identifier') return property.key.name
  return property.key.type === 'Literal' ? String(property.key.value) : undefined
}

/** A function has no value that a fingerprint could hold: it counts as code. */
function isFunction(node: Node | undefined): boolean {
  return node?.type === 'FunctionExpression' || node?.type === 'ArrowFunctionExpression'
}

/** Exported names, with the local names behind them; `default` stands for an expression without a name. */
function exportsOf(program: Program): Record<string, string> {
  const exports: [string, string][] = []
  for (const statement of program.body) {
    if (statement.type === 'ExportDefaultDeclaration') {
      exports.push(['default', defaultName(statement.declaration)])
    } else if (statement.type === 'ExportNamedDeclaration' && !statement.source) {
      for (const { local, exported } of statement.specifiers)
        exports.push([exportName(exported), exportName(local)])
      for (const name of declaredNames(statement.declaration)) exports.push([name, name])
    }
  }
  return Object.fromEntries(exports)
}

function defaultName(node: Node): string {
  if (node.type === 'Identifier') return node.name
  const isDeclared = node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration'
  return (isDeclared && node.id?.name) || 'default'
}

function declaredNames(declaration: Node | null): string[] {
  if (declaration?.type === 'VariableDeclaration') {
    const names = new Set<string>()
    for (const { id } of declaration.declarations) namesOf(id, names)
    return [...names]
  }
  if (declaration?.type === 'FunctionDeclaration' || declaration?.type === 'ClassDeclaration') {
    return declaration.id ? [declaration.id.name] : []
  }
  return []
}

function importsOf(statement: Node): StaticImport[] {
  if (statement.type === 'ExportAllDeclaration') {
    const local = statement.exported ? exportName(statement.exported) : '*'
    return [{ kind: 'export', from: statement.source.value, names: [{ imported: '*', local }] }]
  }
  if (statement.type === 'ExportNamedDeclaration' && statement.source) {
    const names = statement.specifiers.map(({ local, exported }) => ({
      imported: exportName(local),
      local: exportName(exported),
    }))
    return [{ kind: 'export', from: statement.source.value, names }]
  }
  if (statement.type !== 'ImportDeclaration') return []
  const names = statement.specifiers.map((specifier) => {
    const local = specifier.local.name
    if (specifier.type === 'ImportDefaultSpecifier') return { imported: 'default', local }
    if (specifier.type === 'ImportNamespaceSpecifier') return { imported: '*', local }
    return { imported: exportName(specifier.imported), local }
  })
  return [{ kind: 'import', from: statement.source.value, names }]
}
