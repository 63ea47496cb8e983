import { Node, type CallExpression, type SourceFile } from 'ts-morph'

/** A `table('name', {...})` of some module. */
export interface TableCall {
  readonly name: string
  readonly call: CallExpression
}

/** All calls of Sluice's `table` in a module whose name TypeScript knows. */
export function tableCalls(file: SourceFile): TableCall[] {
  const callees = importedAs(file, 'table')
  if (callees.size === 0) return []
  return descendants(file).flatMap((node): TableCall[] => {
    if (!Node.isCallExpression(node) || !callees.has(node.getExpression().getText())) return []
    const [first] = node.getArguments()
    const name = first && textOf(first)
    return name === undefined ? [] : [{ name, call: node }]
  })
}

/** What a module calls something that it imports from Sluice. */
export function importedAs(file: SourceFile, name: string): ReadonlySet<string> {
  const imports = file
    .getImportDeclarations()
    .filter((each) => /^sluice(\/testing)?$/.test(each.getModuleSpecifierValue()))
    .flatMap((each) => each.getNamedImports())
    .filter((each) => each.getName() === name)
  return new Set(imports.map((each) => each.getAliasNode()?.getText() ?? name))
}

/** The table that a node is written in the call of. */
export function callAround(node: Node): CallExpression | undefined {
  return node.getFirstAncestor(
    (each): each is CallExpression =>
      Node.isCallExpression(each) &&
      importedAs(each.getSourceFile(), 'table').has(each.getExpression().getText()),
  )
}

export function descendants(node: Node): Node[] {
  const found: Node[] = []
  node.forEachDescendant((each) => void found.push(each))
  return found
}

/** The value of a text, as it stands or as its type says. */
export function textOf(node: Node): string | undefined {
  if (isText(node)) return node.getLiteralText()
  const value = node.getType().getLiteralValue()
  return typeof value === 'string' ? value : undefined
}

export function isText(node: Node) {
  return Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node)
}

/** A text written in the manner of another: with its quotes. */
export function textLike(node: Node, text: string): string {
  const quote = node.getText().charAt(0)
  const json = JSON.stringify(text).slice(1, -1)
  if (quote === '"') return `"${json}"`
  const own = json.replaceAll('\\"', '"')
  if (quote === "'") return `'${own.replaceAll("'", "\\'")}'`
  return `\`${own.replaceAll('`', '\\`').replaceAll('${', '\\${')}\``
}
