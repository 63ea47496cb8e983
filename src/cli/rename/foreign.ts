import { Node } from 'ts-morph'
import { ProblemError, type Problem } from '../../base/problem.ts'
import { columnNames } from './column-in-modules.ts'
import type { Modules } from './modules.ts'
import { callAround, textOf, type TableCall } from './table-calls.ts'

/**
 * Refuses a column that is not the table's own: one that it takes over from a source or another table, with all
 * others, would be renamed there as well.
 */
export function refuseForeign(
  table: string,
  column: string,
  calls: readonly TableCall[],
  modules: Modules,
): void {
  if (calls.length === 0) {
    throw new ProblemError({
      code: 'rename/unclear',
      message: `no module declares a table '${table}' with a column '${column}' in a way that TypeScript sees`,
      hint: 'a flow may write it under another name than its notebook declares: rename the column of that one',
    })
  }
  const blind = calls.find(({ call }) => call.getType().getProperty('columns') === undefined)
  if (blind) {
    throw new ProblemError({
      code: 'rename/unclear',
      message: `TypeScript does not know the package 'sluice' here, so that it cannot tell what refers to '${table}'`,
      where: modules.placeOf(blind.call),
      hint: 'run npm install first',
    })
  }
  const problems = calls.flatMap(({ call }) => {
    const names = columnNames(call, column)
    if (names.length === 0) {
      const message = `where column '${column}' of '${table}' is declared cannot be told`
      return [{ code: 'rename/unclear' as const, message, where: modules.placeOf(call) }]
    }
    return names.flatMap((node) => foreignProblem(node, table, column, call, modules))
  })
  if (problems.length > 0) throw new ProblemError(problems)
}

function foreignProblem(node: Node, table: string, column: string, call: Node, modules: Modules): Problem[] {
  const around = callAround(node) ?? sourceAround(node)
  if (around === undefined || around === call) return []
  const first = Node.isCallExpression(around) ? around.getArguments()[0] : undefined
  const name = (first && textOf(first)) ?? 'another'
  if (name === table) return []
  return [
    {
      code: 'rename/reaches',
      message: `'${table}' takes its column '${column}' from '${name}', where it would be renamed too`,
      where: modules.placeOf(call),
      related: [{ message: 'it is declared here', where: modules.placeOf(node) }],
      hint: `write it out in '${table}' first`,
    },
  ]
}

function sourceAround(node: Node): Node | undefined {
  return node.getFirstAncestor(
    (each) => Node.isCallExpression(each) && /^source\.\w+$/.test(each.getExpression().getText()),
  )
}
