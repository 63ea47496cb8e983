import type { EngineProblem } from '../analysis.ts'
import { offsetIn, type FaultPlace } from './faults.ts'
import type { Functions } from './functions.ts'
import { isTreeNode, placeOf, textIn, type ParsedQuery, type TreeNode } from './tree.ts'

/**
 * Tables have no order: a LIMIT of a table, or row_number(), that says none gives other rows from run to run. Only
 * what says no order at all is warned of; whether an order is total depends on the data.
 */
export function orderWarnings(
  { node }: ParsedQuery,
  functions: Functions,
  place: FaultPlace,
): EngineProblem[] {
  const found: EngineProblem[] = []
  const warn = (at: TreeNode, what: string, hint: string) => {
    const offset = offsetIn(place.text, placeOf(at))
    found.push({
      code: 'query/order',
      severity: 'warn',
      message: `${place.subject}: ${what}`,
      ...(offset !== undefined && { query: { handle: place.handle, offset, text: place.text } }),
      hint,
    })
  }
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk)
    if (!isTreeNode(value)) return
    // Whether there is a row does not depend on which one it is.
    if (value['subquery_type'] === 'EXISTS' || value['subquery_type'] === 'NOT_EXISTS') return
    const limit = unorderedLimit(value, functions)
    if (limit) warn(limit, 'LIMIT without ORDER BY keeps rows by chance', 'add ORDER BY with the key')
    if (value['type'] === 'WINDOW_ROW_NUMBER' && isEmpty(value['orders']))
      warn(
        value,
        'row_number() without ORDER BY counts rows by chance',
        'add ORDER BY with the key in OVER (...)',
      )
    Object.values(value).forEach(walk)
  }
  walk(node)
  return found
}

/** The table of a SELECT whose LIMIT has no order, when it has more than one kind of row to choose from. */
function unorderedLimit(node: TreeNode, functions: Functions): TreeNode | undefined {
  const modifiers = Array.isArray(node['modifiers']) ? node['modifiers'].filter(isTreeNode) : []
  const kinds = modifiers.map((modifier) => textIn(modifier, 'type'))
  const from = node['from_table']
  if (node['type'] !== 'SELECT_NODE' || !isTreeNode(from) || from['type'] !== 'BASE_TABLE') return undefined
  if (kinds.join() !== 'LIMIT_MODIFIER' || !isEmpty(node['group_expressions'])) return undefined
  const items = node['select_list']
  return holdsColumn(items) && !holdsAggregate(items, functions) ? from : undefined
}

function holdsColumn(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsColumn)
  if (!isTreeNode(value)) return false
  return (
    value['class'] === 'COLUMN_REF' || value['class'] === 'STAR' || Object.values(value).some(holdsColumn)
  )
}

function holdsAggregate(value: unknown, functions: Functions): boolean {
  if (Array.isArray(value)) return value.some((item) => holdsAggregate(item, functions))
  if (!isTreeNode(value)) return false
  const name = textIn(value, 'function_name').toLowerCase()
  if (name !== '' && functions.isAggregate(name)) return true
  return Object.values(value).some((item) => holdsAggregate(item, functions))
}

function isEmpty(list: unknown): boolean {
  return !Array.isArray(list) || list.length === 0
}
