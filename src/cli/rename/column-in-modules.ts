import { Node, type CallExpression, type SourceFile } from 'ts-morph'
import type { Edit } from '../../engine/duckdb/edits.ts'
import type { Modules, TypeFault } from './modules.ts'
import { nameEdit, shorthandEdit } from './property-edits.ts'
import type { ColumnRename } from './query-rename.ts'
import { descendants, isText } from './table-calls.ts'

/** A replacement in a module. */
export interface ModuleEdit extends Edit {
  readonly file: SourceFile
}

/**
 * What is to be replaced in typed code for a column: all that the checker links to its declarations, and the texts
 * that name it in calls of Sluice's. Changes nothing.
 *
 * @param calls the declarations of the table
 * @param files modules that can refer to it
 */
export function columnEdits(
  modules: Modules,
  calls: readonly CallExpression[],
  files: readonly SourceFile[],
  rename: ColumnRename,
): ModuleEdit[] {
  const declarations = calls.flatMap((call) => columnNames(call, rename.from))
  const tables = new Set(calls.map((call) => call.getArguments()[0]).map((name) => name && typedName(name)))
  return [
    ...declarations.flatMap((node) => linked(modules, node, rename)),
    ...calls.flatMap((call) => ownTexts(call, rename)),
    ...files.flatMap((file) => argumentTexts(file, tables, rename)),
  ]
}

/** Where the column of a table is declared: the names of properties. */
export function columnNames(call: CallExpression, column: string): Node[] {
  const declarations = call.getArguments()[1]?.getType().getProperty(column)?.getDeclarations() ?? []
  return declarations.flatMap((each) => {
    if (Node.isPropertyAssignment(each) || Node.isShorthandPropertyAssignment(each))
      return [each.getNameNode()]
    return Node.isPropertySignature(each) ? [each.getNameNode()] : []
  })
}

function linked(modules: Modules, node: Node, { to }: ColumnRename): ModuleEdit[] {
  return modules.renames(node).flatMap(({ fileName, textSpan, prefixText, suffixText }) => {
    const file = node.getProject().getSourceFile(fileName)
    const found = file?.getDescendantAtPos(textSpan.start)
    if (!file || !found || file.isInNodeModules()) return []
    return [{ file, ...nameEdit(found, to, prefixText, suffixText) }]
  })
}

/** Texts in the table's own options whose type is only known from their values. */
function ownTexts(call: CallExpression, { from, to }: ColumnRename): ModuleEdit[] {
  const options = call.getArguments()[2]
  if (options === undefined) return []
  return descendants(options)
    .filter((node) => isText(node) && node.getLiteralText() === from && namesColumn(node))
    .map((node) => ({ file: node.getSourceFile(), ...nameEdit(node, to) }))
}

/** `key: ['a']`, `check.unique(['a'])`, `check.fresh('a')`. */
function namesColumn(node: Node): boolean {
  const parent = node.getParent()
  const list = Node.isArrayLiteralExpression(parent) ? parent : undefined
  const around = list ? list.getParent() : parent
  if (Node.isPropertyAssignment(around)) return list !== undefined && around.getName() === 'key'
  return Node.isCallExpression(around) && /\.(unique|fresh)$/.test(around.getExpression().getText())
}

/** `trips.pick('fare')` and `.references(trips, 'fare')`. */
function argumentTexts(
  file: SourceFile,
  tables: ReadonlySet<string | undefined>,
  { from, to }: ColumnRename,
): ModuleEdit[] {
  return descendants(file).flatMap((node): ModuleEdit[] => {
    const call = node.getParent()
    if (!isText(node) || node.getLiteralText() !== from || !Node.isCallExpression(call)) return []
    const callee = call.getExpression()
    if (!Node.isPropertyAccessExpression(callee)) return []
    const picked = callee.getName() === 'pick' ? callee.getExpression() : undefined
    const referred = callee.getName() === 'references' ? call.getArguments()[0] : undefined
    const table = picked ?? (referred === node ? undefined : referred)
    const name = table?.getType().getProperty('name')
    const value = table && name?.getTypeAtLocation(table).getLiteralValue()
    return typeof value === 'string' && tables.has(value) ? [{ file, ...nameEdit(node, to) }] : []
  })
}

function typedName(node: Node): string | undefined {
  if (isText(node)) return node.getLiteralText()
  const value = node.getType().getLiteralValue()
  return typeof value === 'string' ? value : undefined
}

/** What is to be replaced for a fault: the one text or name that is the old one where it lies, or where that comes from. */
export function mended({ file, start, end }: TypeFault, rename: ColumnRename): ModuleEdit[] {
  const inside = descendants(file).filter((node) => node.getStart() >= start && node.getEnd() <= end)
  const own = inside.filter((node) => isOld(node, rename))
  if (own.length > 0) return own.length === 1 ? own.map((node) => editOf(node, rename)) : []
  const origins = inside
    .filter(Node.isIdentifier)
    .flatMap((node) => node.getDefinitionNodes())
    .filter((node) => Node.isVariableDeclaration(node) && !node.getSourceFile().isInNodeModules())
    .flatMap((node) => descendants(node))
    .filter((node) => isText(node) && isOld(node, rename))
  return origins.length === 1 ? origins.map((node) => editOf(node, rename)) : []
}

function isOld(node: Node, { from }: ColumnRename): boolean {
  if (isText(node)) return node.getLiteralText() === from
  if (!Node.isIdentifier(node) || node.getText() !== from) return false
  const parent = node.getParent()
  if (Node.isPropertyAccessExpression(parent)) return parent.getNameNode() === node
  if (Node.isPropertyAssignment(parent)) return parent.getNameNode() === node
  if (Node.isBindingElement(parent)) return (parent.getPropertyNameNode() ?? parent.getNameNode()) === node
  return Node.isShorthandPropertyAssignment(parent)
}

function editOf(node: Node, { to }: ColumnRename): ModuleEdit {
  const parent = node.getParent()
  const file = node.getSourceFile()
  const short =
    Node.isShorthandPropertyAssignment(parent) ||
    (Node.isBindingElement(parent) && parent.getPropertyNameNode() === undefined)
  return { file, ...(short ? shorthandEdit(node, to) : nameEdit(node, to)) }
}
