import path from 'node:path'
import { Node, type Expression, type SourceFile } from 'ts-morph'

/** One `.step(x, ...)` or `.source(x)` of a chain. */
export interface ChainLink {
  readonly kind: string
  /** The variable that it places, when it is one. */
  readonly variable?: string
  /** Where its dot stands in the text. */
  readonly dot: number
  readonly startsLine: boolean
}

/** The chain that a flow's module exports. */
export interface FlowChain {
  /** In their order. */
  readonly links: readonly ChainLink[]
  readonly start: number
  readonly end: number
}

/** What a variable of a module was imported as. */
export interface Imported {
  /** Absolute path without `.ts` or `.js`. */
  readonly module: string
  /** `default` for a notebook. */
  readonly name: string
}

/** The chain that is the default export, itself or through a variable; undefined when it is none. */
export function exportedChain(file: SourceFile): FlowChain | undefined {
  const exported = file.getExportAssignment((each) => !each.isExportEquals())?.getExpression()
  const chain = exported && valueOf(exported, file)
  if (!Node.isCallExpression(chain)) return undefined
  const links: ChainLink[] = []
  let at: Expression = chain
  while (Node.isCallExpression(at)) {
    const callee = at.getExpression()
    if (!Node.isPropertyAccessExpression(callee)) break
    const [first] = at.getArguments()
    const before = callee.getExpression()
    links.push({
      kind: callee.getName(),
      ...(Node.isIdentifier(first) && { variable: first.getText() }),
      dot: file.getFullText().indexOf('.', before.getEnd()),
      startsLine: file.getFullText().slice(before.getEnd(), callee.getNameNode().getStart()).includes('\n'),
    })
    at = before
  }
  const begins =
    Node.isCallExpression(at) && importsOf(file).get(at.getExpression().getText())?.name === 'flow'
  return begins ? { links: links.toReversed(), start: chain.getStart(), end: chain.getEnd() } : undefined
}

function valueOf(expression: Expression, file: SourceFile): Expression | undefined {
  if (Node.isIdentifier(expression))
    return file.getVariableDeclaration(expression.getText())?.getInitializer()
  if (Node.isParenthesizedExpression(expression) || Node.isSatisfiesExpression(expression)) {
    return valueOf(expression.getExpression(), file)
  }
  return expression
}

/** What the variables of a module are imported as. */
export function importsOf(file: SourceFile): Map<string, Imported> {
  const imports = new Map<string, Imported>()
  for (const declaration of file.getImportDeclarations()) {
    const module = moduleName(
      path.resolve(path.dirname(file.getFilePath()), declaration.getModuleSpecifierValue()),
    )
    const byDefault = declaration.getDefaultImport()
    if (byDefault) imports.set(byDefault.getText(), { module, name: 'default' })
    for (const each of declaration.getNamedImports()) {
      imports.set(each.getAliasNode()?.getText() ?? each.getName(), { module, name: each.getName() })
    }
  }
  return imports
}

/** A module's path as imports are compared. */
export function moduleName(file: string): string {
  return file.replace(/\.[jt]s$/, '')
}
