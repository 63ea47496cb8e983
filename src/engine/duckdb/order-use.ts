import { inputOf } from './order-select.ts'
import { nodesIn } from './plan.ts'
import type { AnalysedInput } from '../analysis.ts'
import { isTreeNode, textIn, type TreeNode } from './tree.ts'

/** Functions of a list whose result does not depend on its order. */
const orderFree = new Set(
  `list_sort array_sort list_reverse_sort array_reverse_sort list_grade_up len length array_length cardinality
  list_contains list_has array_contains array_has list_has_any list_has_all array_has_any array_has_all list_unique
  list_sum list_min list_max list_avg list_count list_bool_and list_bool_or list_median unnest`.split(/\s+/),
)

export function isOrderFree(call: TreeNode): boolean {
  return orderFree.has(textIn(call, 'function_name').toLowerCase())
}

/** Names of columns that stand inside of functions for which their order is the same. */
export function sortedNames(query: TreeNode): ReadonlySet<string> {
  const found = new Set<string>()
  const walk = (value: unknown, inside: boolean): void => {
    if (Array.isArray(value)) return value.forEach((item) => walk(item, inside))
    if (!isTreeNode(value)) return
    if (inside && value['class'] === 'COLUMN_REF') found.add(lastName(value))
    Object.values(value).forEach((item) => walk(item, inside || isOrderFree(value)))
  }
  walk(query, false)
  return found
}

/**
 * Whether the rest of a query looks at a column that one of its SELECTs gives: it names it, or takes all columns of
 * something that is no input.
 */
export function usedOutside(
  query: TreeNode,
  inner: TreeNode,
  inputs: readonly AnalysedInput[],
): (name: string) => boolean {
  const found = new Set<string>()
  let all = false
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk)
    if (!isTreeNode(value) || value === inner) return
    if (value['class'] === 'COLUMN_REF') found.add(lastName(value))
    const using = value['using_columns']
    if (Array.isArray(using)) for (const name of using) found.add(String(name).toLowerCase())
    const from = isTreeNode(value['from_table']) ? value['from_table'] : undefined
    const stars = nodesIn(value, 'select_list').some((item) => item['class'] === 'STAR')
    if (stars && from && !(from['type'] === 'BASE_TABLE' && inputOf(from, inputs))) all = true
    Object.values(value).forEach(walk)
  }
  walk(query)
  return (name) => all || found.has(name)
}

function lastName(ref: TreeNode): string {
  return (ref['column_names'] as readonly string[]).at(-1)?.toLowerCase() ?? ''
}
