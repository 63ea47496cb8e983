import { holdsAggregate } from './order-select.ts'
import type { Functions } from './functions.ts'
import { nodesIn } from './plan.ts'
import { isTreeNode, textIn, type TreeNode } from './tree.ts'

/** The CTEs of a query by name in lower case. Null for a name that means several things. */
export type Ctes = ReadonlyMap<string, TreeNode | null>

/** All CTEs of a query, at any depth. */
export function ctesIn(query: TreeNode): Ctes {
  const found = new Map<string, TreeNode | null>()
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk)
    if (!isTreeNode(value)) return
    const entries = isTreeNode(value['cte_map']) ? nodesIn(value['cte_map'], 'map') : []
    for (const entry of entries) {
      const name = textIn(entry, 'key').toLowerCase()
      const node = queryIn(isTreeNode(entry['value']) ? entry['value'] : {})
      found.set(name, found.has(name) || !node ? null : node)
    }
    Object.values(value).forEach(walk)
  }
  walk(query)
  return found
}

/** The query node of a CTE or subquery. */
export function queryIn(holder: TreeNode): TreeNode | undefined {
  const query = isTreeNode(holder['query']) ? holder['query'] : holder['subquery']
  return isTreeNode(query) && isTreeNode(query['node']) ? query['node'] : undefined
}

/** The CTE that a BASE_TABLE names. */
export function cteOf(from: TreeNode, ctes: Ctes): TreeNode | null | undefined {
  return ctes.get(textIn(from, 'table_name').toLowerCase())
}

/** What a CTE itself may read: one may have the name of what it reads. */
export function without(ctes: Ctes, name: string): Ctes {
  return new Map([...ctes].filter(([each]) => each !== name.toLowerCase()))
}

/**
 * Whether the rows of a relation come in no order that could be told: those of an input, and what is made of it. What
 * is ordered inside, written out, or made by a function is left alone.
 */
export function isOrderless(from: unknown, ctes: Ctes, functions: Functions): boolean {
  if (!isTreeNode(from)) return false
  switch (from['type']) {
    case 'BASE_TABLE': {
      const name = textIn(from, 'table_name')
      const cte = cteOf(from, ctes)
      return cte === undefined || (cte !== null && givesNoOrder(cte, without(ctes, name), functions))
    }
    case 'JOIN':
      return [from['left'], from['right']].every((side) => isOrderless(side, ctes, functions))
    case 'SUBQUERY': {
      const node = queryIn(from)
      return node !== undefined && givesNoOrder(node, ctes, functions)
    }
    default:
      return false
  }
}

/** The same of a query. */
export function givesNoOrder(node: TreeNode, ctes: Ctes, functions: Functions): boolean {
  if (nodesIn(node, 'modifiers').some(({ type }) => type === 'ORDER_MODIFIER')) return false
  if (node['type'] === 'SELECT_NODE') {
    const items = node['select_list']
    const grouped = nodesIn(node, 'group_expressions').length > 0
    if (!grouped && node['aggregate_handling'] !== 'FORCE_AGGREGATES' && holdsAggregate(items, functions))
      return false
    return isOrderless(node['from_table'], ctes, functions)
  }
  if (node['type'] !== 'SET_OPERATION_NODE') return false
  return [node['left'], node['right']].every(
    (side) => isTreeNode(side) && givesNoOrder(side, ctes, functions),
  )
}
