import type { AnalysedInput, EngineProblem } from '../analysis.ts'
import { offsetIn, type FaultPlace } from './faults.ts'
import type { Functions } from './functions.ts'
import { aggregatedRows } from './order-aggregates.ts'
import { atLimit, pickedRows, type ByChance } from './order-picks.ts'
import { selectFacts } from './order-select.ts'
import { ctesIn, givesNoOrder, isOrderless } from './order-source.ts'
import { sortedNames, usedOutside } from './order-use.ts'
import { windowedRows } from './order-windows.ts'
import { nodesIn } from './plan.ts'
import { isTreeNode, type ParsedQuery, type TreeNode } from './tree.ts'

/**
 * Tables have no order: rows that a query picks, counts or puts in a row without a total order are others from run to
 * run. An order is total when it holds the key or unique columns of the one input that is read. Where that cannot be
 * told, or where the rows that are equal give the same result, nothing is said.
 */
export function orderWarnings(
  { node: query }: ParsedQuery,
  inputs: readonly AnalysedInput[],
  functions: Functions,
  place: FaultPlace,
): EngineProblem[] {
  const [ctes, sorted] = [ctesIn(query), sortedNames(query)]
  const found: ByChance[] = []
  const walk = (value: unknown, isAll: boolean): void => {
    if (Array.isArray(value)) return value.forEach((item) => walk(item, isAll))
    if (!isTreeNode(value)) return
    // Whether there is a row does not depend on which one it is.
    if (value['subquery_type'] === 'EXISTS' || value['subquery_type'] === 'NOT_EXISTS') return
    if (value['type'] === 'SELECT_NODE' && isOrderless(value['from_table'], ctes, functions)) {
      const used = isAll ? () => true : usedOutside(query, value, inputs)
      const facts = selectFacts(value, inputs, functions, used)
      found.push(...pickedRows(facts), ...windowedRows(facts, sorted), ...aggregatedRows(facts, sorted))
    }
    if (value['type'] === 'SET_OPERATION_NODE' && givesNoOrder(value, ctes, functions))
      found.push(...limitedUnion(value))
    for (const [key, item] of Object.entries(value)) walk(item, isAllOf(value, key, isAll))
  }
  walk(query, true)
  return found.map((each) => problemOf(each, place))
}

/** Whether all that is selected below a field of a node counts: in the result itself, and as a value. */
function isAllOf(node: TreeNode, key: string, isAll: boolean): boolean {
  if (node['class'] === 'SUBQUERY') return true
  if (node['type'] === 'SET_OPERATION_NODE') return isAll && key !== 'cte_map'
  return isAll && !('cte_map' in node) && node['type'] !== 'SUBQUERY'
}

function limitedUnion(node: TreeNode): ByChance[] {
  const limit = nodesIn(node, 'modifiers').find(({ type }) => String(type).startsWith('LIMIT'))
  if (!limit) return []
  return [
    {
      ...atLimit(limit, node),
      message: 'LIMIT without ORDER BY keeps rows by chance',
      hint: 'add ORDER BY with what tells rows apart',
    },
  ]
}

function problemOf({ place: bytes, before, message, hint }: ByChance, place: FaultPlace): EngineProblem {
  const at = offsetIn(place.text, bytes)
  const words = at === undefined || !before ? undefined : before.exec(place.text.slice(0, at))
  const offset = words?.index ?? at
  return {
    code: 'query/order',
    severity: 'warn',
    message: `${place.subject}: ${message}`,
    ...(offset !== undefined && { query: { handle: place.handle, offset, text: place.text } }),
    hint,
  }
}
