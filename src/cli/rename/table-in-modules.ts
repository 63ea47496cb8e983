import { Node, type CallExpression, type SourceFile } from 'ts-morph'
import { ProblemError } from '../../base/problem.ts'
import type { ModuleEdit } from './column-in-modules.ts'
import type { Modules } from './modules.ts'
import { applyAll, settle } from './settle.ts'
import { nameEdit } from './property-edits.ts'
import { descendants, importedAs, isText, tableCalls, textOf } from './table-calls.ts'

interface Names {
  readonly from: string
  readonly to: string
}

/**
 * Renames a table in all modules, in memory: where it is declared, bound to a step's output or called the rejects of
 * another; then each text whose type wants the new name.
 *
 * @throws ProblemError with what TypeScript says against the code that it does not say now
 */
export function renameTexts(modules: Modules, { from, to }: Names): void {
  const editOf = (node: Node): ModuleEdit => ({ file: node.getSourceFile(), ...nameEdit(node, to) })
  const naming = modules.files.flatMap((file) => textsNaming(file, from))
  const files = modules.behind([...new Set(naming.map((node) => node.getSourceFile()))])
  applyAll(modules, naming.map(editOf))
  settle(modules, files, from, ({ file, start, end }) =>
    descendants(file)
      .filter((node) => isText(node) && node.getLiteralText() === from)
      .filter((node) => node.getStart() >= start && node.getEnd() <= end)
      .map(editOf),
  )
}

/** The texts of a module that name a table for certain. */
function textsNaming(file: SourceFile, table: string): Node[] {
  const declared = tableCalls(file).flatMap(({ name, call }) => (name === table ? nameTexts(call) : []))
  const bound = descendants(file).filter(
    (node) => isText(node) && node.getLiteralText() === table && isBound(node),
  )
  return [...new Set([...declared, ...bound])]
}

/** The text of a declaration's name, also where a constant of the module holds it. */
function nameTexts(call: CallExpression): Node[] {
  const [first] = call.getArguments()
  if (first === undefined || isText(first)) return first ? [first] : []
  const definitions = Node.isIdentifier(first) ? first.getDefinitionNodes() : []
  return definitions.flatMap((each) => {
    const value = Node.isVariableDeclaration(each) ? each.getInitializer() : undefined
    return value && isText(value) && textOf(value) !== undefined ? [value] : []
  })
}

/** `outputs: { stats: 'gold.a' }` and `outputs: { stats: { name: 'gold.a' } }` of a step, and `rejects: 'silver.b'`. */
function isBound(node: Node): boolean {
  const property = node.getParent()
  if (!Node.isPropertyAssignment(property) || property.getInitializer() !== node) return false
  if (property.getName() === 'rejects') return importedAs(node.getSourceFile(), 'table').size > 0
  const around = (each: Node): Node | undefined => each.getParent()?.getParent()
  const outer = property.getName() === 'name' ? (around(property) ?? property) : property
  const outputs = [property, outer].map(around).find((each) => Node.isPropertyAssignment(each))
  return Node.isPropertyAssignment(outputs) && outputs.getName() === 'outputs'
}

/** Renames the variables that hold a table, with all that refers to them. */
export function renameVariables(modules: Modules, calls: readonly CallExpression[], to: string): void {
  if (!/^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(to)) {
    const message = `'${to}' cannot be the name of a variable`
    throw new ProblemError({ code: 'project/usage', message })
  }
  const variables = calls.map((call) => call.getParent()).filter(Node.isVariableDeclaration)
  const exported = variables.filter((variable) => variable.isExported())
  // What a reader calls its own expectation of the table is its own matter.
  const edits = (exported.length > 0 ? exported : variables).flatMap((variable) => {
    return modules
      .renames(variable.getNameNode())
      .flatMap(({ fileName, textSpan, prefixText = '', suffixText = '' }): ModuleEdit[] => {
        const file = variable.getProject().getSourceFile(fileName)
        if (!file || file.isInNodeModules()) return []
        refuseTaken(file, to, modules)
        const { start, length } = textSpan
        return [{ file, start, end: start + length, text: prefixText + to + suffixText }]
      })
  })
  applyAll(modules, edits)
}

function refuseTaken(file: SourceFile, name: string, modules: Modules): void {
  const taken = descendants(file).find((node) => Node.isIdentifier(node) && node.getText() === name)
  if (taken === undefined) return
  const message = `'${name}' is used in this module already, so it cannot be the variable`
  throw new ProblemError({ code: 'rename/unclear', message, where: modules.placeOf(taken) })
}
