import type { ArrowFunctionExpression, Function as OxcFunction, Node } from 'oxc-parser'

/** A node with the nodes around it, the nearest last. */
export interface Visited {
  readonly node: Node
  readonly around: readonly Node[]
}

export interface Visitor {
  /** A name that no scope inside the visited code declares: of the module's top level, or global. */
  readonly reference: (name: string, visited: Visited) => void
  /** Every node, before what is inside it. */
  readonly node?: (visited: Visited) => void
}

type Keys = Readonly<Record<string, readonly string[]>>
interface Scope {
  readonly names: ReadonlySet<string>
  readonly outer: Scope | undefined
}

/**
 * Walks code and tells every reference to a name from outside of it. Scopes are those of ECMAScript (ECMA-262,
 * 8.2): parameters and `var` belong to the function, `let`, `const`, `class` and functions to the block.
 * Types of TypeScript are passed over. `keys` are the visitor keys of the parser.
 */
export function walk(root: Node, keys: Keys, visitor: Visitor): void {
  const around: Node[] = []
  visit(root, undefined)

  /** A chain of calls, such as that of a flow, is as deep as it is long: down in a loop, and up again. */
  function visit(node: Node, scope: Scope | undefined): void {
    const depth = around.length
    let at = node
    for (let head = headOf(at); head; head = headOf(at)) {
      visitor.node?.({ node: at, around })
      around.push(at)
      at = head
    }
    visitOne(at, scope)
    for (let outer = around.at(-1); outer && around.length > depth; outer = around.at(-1)) {
      if (outer.type !== 'MemberExpression') each(childrenOf(outer, keys).slice(1), scope)
      else if (outer.computed) visit(outer.property, scope)
      around.pop()
    }
  }

  function visitOne(node: Node, scope: Scope | undefined): void {
    if (isType(node)) return
    visitor.node?.({ node, around })
    if (node.type === 'Identifier') {
      if (!declares(scope, node.name)) visitor.reference(node.name, { node, around })
      return
    }
    around.push(node)
    inside(node, scope)
    around.pop()
  }

  function each(nodes: readonly (Node | null)[], scope: Scope | undefined): void {
    for (const node of nodes) if (node) visit(node, scope)
  }

  function inside(node: Node, scope: Scope | undefined): void {
    switch (node.type) {
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
      case 'AccessorProperty':
        return each(node.computed ? [node.key, node.value] : [node.value], scope)
      case 'LabeledStatement':
        return visit(node.body, scope)
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'MetaProperty':
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
        return
      case 'ExportNamedDeclaration':
        return each([node.declaration], scope)
      case 'VariableDeclarator':
        pattern(node.id, scope)
        return each([node.init], scope)
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression': {
        const own = inner(scope, functionNames(node))
        for (const parameter of node.params) pattern(parameter, own)
        return each([node.body], own)
      }
      case 'ClassDeclaration':
      case 'ClassExpression': {
        const own = inner(scope, new Set(node.id ? [node.id.name] : []))
        return each([...(node.decorators ?? []), node.superClass, node.body], own)
      }
      case 'CatchClause': {
        const names = new Set<string>()
        if (node.param) namesOf(node.param, names)
        const own = inner(scope, names)
        if (node.param) pattern(node.param, own)
        return visit(node.body, own)
      }
      default:
        return each(childrenOf(node, keys), inner(scope, blockNames(node)))
    }
  }

  /** A pattern that declares: its names are no references, its defaults and computed keys hold some. */
  function pattern(node: Node, scope: Scope | undefined): void {
    switch (node.type) {
      case 'Identifier':
        return
      case 'ObjectPattern':
        for (const property of node.properties) pattern(property, scope)
        return
      case 'Property':
        if (node.computed) visit(node.key, scope)
        return pattern(node.value, scope)
      case 'ArrayPattern':
        for (const element of node.elements) if (element) pattern(element, scope)
        return
      case 'AssignmentPattern':
        pattern(node.left, scope)
        return visit(node.right, scope)
      case 'RestElement':
        return pattern(node.argument, scope)
      case 'TSParameterProperty':
        return pattern(node.parameter, scope)
      default:
        return visit(node, scope)
    }
  }

  function inner(outer: Scope | undefined, names: ReadonlySet<string>): Scope | undefined {
    return names.size === 0 ? outer : { names, outer }
  }

  function functionNames(node: OxcFunction | ArrowFunctionExpression): Set<string> {
    const names = new Set<string>()
    if (node.id && node.type === 'FunctionExpression') names.add(node.id.name)
    for (const parameter of node.params) namesOf(parameter, names)
    if (node.body) hoisted(node.body, keys, names)
    return names
  }
}

/** What a link of a chain begins with: the callee of a call, the object of a member. */
function headOf(node: Node): Node | undefined {
  if (node.type === 'CallExpression') return node.callee
  return node.type === 'MemberExpression' ? node.object : undefined
}

/** The names that a module declares at its top level, imports too. */
export function topLevelNames(program: Node & { type: 'Program' }, keys: Keys): Set<string> {
  const names = new Set(blockNames(program))
  for (const statement of program.body) {
    if (statement.type === 'ImportDeclaration') {
      for (const { local } of statement.specifiers) names.add(local.name)
    }
    const declared = declarationIn(statement)
    if (declared) addDeclared(declared, names)
    hoisted(statement, keys, names)
  }
  return names
}

/** The names that a declaring pattern binds. */
export function namesOf(node: Node, names: Set<string>): void {
  switch (node.type) {
    case 'Identifier':
      names.add(node.name)
      return
    case 'ObjectPattern':
      for (const property of node.properties) namesOf(property, names)
      return
    case 'Property':
      return namesOf(node.value, names)
    case 'ArrayPattern':
      for (const element of node.elements) if (element) namesOf(element, names)
      return
    case 'AssignmentPattern':
      return namesOf(node.left, names)
    case 'RestElement':
      return namesOf(node.argument, names)
    case 'TSParameterProperty':
      return namesOf(node.parameter, names)
    // Nothing else stands in a pattern and binds a name.
    default:
  }
}

function declares(scope: Scope | undefined, name: string): boolean {
  for (let at = scope; at; at = at.outer) if (at.names.has(name)) return true
  return false
}

function declarationIn(statement: Node): Node | undefined {
  const exported =
    statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration'
  return (exported ? statement.declaration : statement) ?? undefined
}

const noNames: ReadonlySet<string> = new Set()

/** What `let`, `const`, `class` and functions declare directly in a block or in the head of a loop. */
function blockNames(node: Node): ReadonlySet<string> {
  const statements = statementsOf(node)
  if (statements.length === 0) return noNames
  const names = new Set<string>()
  for (const statement of statements) addDeclared(statement, names)
  return names
}

function statementsOf(node: Node): readonly Node[] {
  switch (node.type) {
    case 'Program':
    case 'BlockStatement':
    case 'StaticBlock':
      return node.body
    case 'SwitchStatement':
      return node.cases.flatMap((clause) => clause.consequent)
    case 'ForStatement':
      return node.init ? [node.init] : []
    case 'ForInStatement':
    case 'ForOfStatement':
      return [node.left]
    default:
      return []
  }
}

function addDeclared(statement: Node, names: Set<string>): void {
  if (statement.type === 'VariableDeclaration') {
    if (statement.kind !== 'var') for (const { id } of statement.declarations) namesOf(id, names)
  } else if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') {
    if (statement.id) names.add(statement.id.name)
  }
}

/** The `var`s in a function's body, at any depth but not inside inner functions. */
function hoisted(root: Node, keys: Keys, names: Set<string>): void {
  const left = [root]
  for (let node = left.pop(); node; node = left.pop()) {
    if (node.type === 'VariableDeclaration' && node.kind === 'var') {
      for (const { id } of node.declarations) namesOf(id, names)
    }
    for (const child of childrenOf(node, keys)) if (!isFunction(child) && !isType(child)) left.push(child)
  }
}

function isFunction(node: Node): boolean {
  return /^(?:Function|ArrowFunction|Class|StaticBlock)/.test(node.type)
}

/** Types, which do not exist when the code runs. Casts and the like hold an expression and are not passed over. */
function isType(node: Node): boolean {
  return node.type.startsWith('TS') && !holdsCode.has(node.type)
}

const holdsCode: ReadonlySet<string> = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'TSParameterProperty',
  'TSEnumDeclaration',
  'TSEnumBody',
  'TSEnumMember',
  'TSModuleDeclaration',
  'TSModuleBlock',
  'TSExportAssignment',
])

/** The nodes directly inside a node, in the order of the text. */
function childrenOf(node: Node, keys: Keys): Node[] {
  const children: Node[] = []
  for (const key of keys[node.type] ?? []) {
    // The keys of a node type are properties that hold a node, a list of nodes, or null.
    const value = (node as unknown as Record<string, Node | (Node | null)[] | null | undefined>)[key]
    if (Array.isArray(value)) children.push(...value.filter((item) => item !== null))
    else if (value) children.push(value)
  }
  return children
}
