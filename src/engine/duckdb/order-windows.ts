import { addKey, orderBy, type ByChance } from './order-picks.ts'
import { closureOf, isTotal, nameOf, type SelectFacts } from './order-select.ts'
import { orderedAggregates } from './order-aggregates.ts'
import { isOrderFree } from './order-use.ts'
import { nodesIn } from './plan.ts'
import { isTreeNode, placeOf, textIn, type TreeNode } from './tree.ts'

/** Window functions that tell apart rows that are equal in their order. */
const choosing = new Set([
  'WINDOW_ROW_NUMBER',
  'WINDOW_NTILE',
  'WINDOW_FIRST_VALUE',
  'WINDOW_LAST_VALUE',
  'WINDOW_NTH_VALUE',
  'WINDOW_LEAD',
  'WINDOW_LAG',
])

/** They give a value that all rows have that they could choose from, when there is only one such value. */
const sameValue = new Set(['WINDOW_FIRST_VALUE', 'WINDOW_LAST_VALUE'])

/** Rows that window functions of a SELECT count or choose. */
export function windowedRows(facts: SelectFacts, sorted: ReadonlySet<string>): ByChance[] {
  const items = facts.items.filter((item) => !sorted.has(nameOf(item)?.toLowerCase() ?? ''))
  return windowsIn([items, facts.node['qualify']]).flatMap((window) => {
    const found = judge(facts, window)
    return found ? [found] : []
  })
}

function judge(facts: SelectFacts, window: TreeNode): ByChance | undefined {
  const name = textIn(window, 'function_name').toLowerCase()
  const kind = textIn(window, 'type') === 'WINDOW_AGGREGATE' ? orderedAggregates.get(name) : undefined
  // What a join brings along is often the same for all rows of a group.
  const aggregate = kind === 'list' || (kind === 'one' && facts.input !== undefined)
  if (!choosing.has(textIn(window, 'type')) && !aggregate) return undefined
  const own = nodesIn(window, 'arg_orders')
  const orders = (own.length > 0 ? own : nodesIn(window, 'orders')).flatMap(({ expression }) =>
    isTreeNode(expression) ? [expression] : [],
  )
  const closure = closureOf(facts, [...nodesIn(window, 'partitions'), ...orders])
  if (isTotal(facts, closure) || closure.determines([facts.items, facts.node['qualify']], window))
    return undefined
  if ((sameValue.has(textIn(window, 'type')) || aggregate) && closure.determines(window['children']))
    return undefined
  const place = placeOf(window)
  const at = place === undefined ? {} : { place }
  const numbers = window['type'] === 'WINDOW_ROW_NUMBER' || window['type'] === 'WINDOW_NTILE'
  if (orders.length === 0)
    return {
      ...at,
      message: `${name}() without ORDER BY ${numbers ? 'counts rows' : 'takes values'} by chance`,
      hint: `add ${orderBy(facts)} in OVER (...)`,
    }
  if (aggregate || facts.grouped || facts.keys.length === 0) return undefined
  const does = numbers ? 'counts' : 'chooses among'
  return {
    ...at,
    message: `${name}() ${does} rows that are equal in ORDER BY by chance`,
    hint: addKey(facts),
  }
}

function windowsIn(value: unknown): TreeNode[] {
  if (Array.isArray(value)) return value.flatMap(windowsIn)
  if (!isTreeNode(value) || value['class'] === 'SUBQUERY' || isOrderFree(value)) return []
  const inner = Object.values(value).flatMap(windowsIn)
  return value['class'] === 'WINDOW' ? [value, ...inner] : inner
}
