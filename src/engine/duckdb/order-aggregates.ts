import { addKey, type ByChance } from './order-picks.ts'
import { closureOf, isTotal, nameOf, type SelectFacts } from './order-select.ts'
import { isOrderFree } from './order-use.ts'
import { nodesIn } from './plan.ts'
import { isTreeNode, placeOf, textIn, type TreeNode } from './tree.ts'

/** Aggregates whose result depends on the order of the rows: they put in a row, or take one of them. */
export const orderedAggregates: ReadonlyMap<string, 'list' | 'one'> = new Map([
  ['list', 'list'],
  ['array_agg', 'list'],
  ['string_agg', 'list'],
  ['group_concat', 'list'],
  ['listagg', 'list'],
  ['first', 'one'],
  ['last', 'one'],
  ['any_value', 'one'],
  ['arbitrary', 'one'],
])

/** They take one of the rows with the least or greatest value. */
const extremes = new Set(['arg_min', 'argmin', 'min_by', 'arg_max', 'argmax', 'max_by'])

/** Values that aggregates of a SELECT take or put in a row. */
export function aggregatedRows(facts: SelectFacts, sorted: ReadonlySet<string>): ByChance[] {
  // Of several sets of groups, each would have to be looked at.
  if (!facts.groups) return []
  const items = facts.items.filter((item) => !sorted.has(nameOf(item)?.toLowerCase() ?? ''))
  return callsIn([items, facts.node['having']]).flatMap((call) => {
    const found = judge(facts, call)
    return found ? [found] : []
  })
}

function judge(facts: SelectFacts, call: TreeNode): ByChance | undefined {
  const name = textIn(call, 'function_name').toLowerCase()
  const kind = orderedAggregates.get(name)
  const [value, by] = nodesIn(call, 'children')
  if (!value || (!kind && !extremes.has(name))) return undefined
  const modifier = isTreeNode(call['order_bys']) ? call['order_bys'] : {}
  const own = nodesIn(modifier, 'orders').flatMap(({ expression }) =>
    isTreeNode(expression) ? [expression] : [],
  )
  const orders = kind ? own : by ? [by] : []
  const closure = closureOf(facts, [...(facts.groups ?? []), ...orders])
  if (closure.determines(value) || isTotal(facts, closure)) return undefined
  const place = placeOf(call)
  const at = place === undefined ? {} : { place }
  if (orders.length > 0) {
    if (facts.keys.length === 0 || orders.some((order) => order['class'] === 'STAR')) return undefined
    if (!kind)
      return {
        ...at,
        message: `${name}() takes one of several equal rows by chance`,
        hint: ties(facts, call),
      }
    const does = kind === 'one' ? 'takes one of' : 'puts'
    const end = kind === 'one' ? 'by chance' : 'in a row by chance'
    return {
      ...at,
      message: `${name}() ${does} the rows that are equal in its ORDER BY ${end}`,
      hint: addKey(facts),
    }
  }
  if (kind === 'list')
    return {
      ...at,
      message: `${name}() without ORDER BY puts values in a row by chance`,
      hint: sorting(name),
    }
  // What a join brings along is often the same for all rows of a group.
  if (!facts.input) return undefined
  const hint = 'write ORDER BY inside of it, or min(...) or max(...)'
  return { ...at, message: `${name}() without ORDER BY takes a value by chance`, hint }
}

function sorting(name: string): string {
  const inside = `write ORDER BY inside of it: ${name}(... ORDER BY ...)`
  return name === 'list' || name === 'array_agg' ? `${inside}, or list_sort(...) around it` : inside
}

function ties(facts: SelectFacts, call: TreeNode): string {
  const least = /min/.test(textIn(call, 'function_name').toLowerCase())
  const key = (facts.keys[0] ?? []).join(', ')
  return `write first(... ORDER BY ...${least ? '' : ' DESC'}, ${key}), which has the key`
}

/** Calls that are not inside of a function for which the order is the same. */
function callsIn(value: unknown): TreeNode[] {
  if (Array.isArray(value)) return value.flatMap(callsIn)
  if (!isTreeNode(value) || value['class'] === 'SUBQUERY' || value['class'] === 'WINDOW') return []
  if (isOrderFree(value)) return []
  const inner = Object.values(value).flatMap(callsIn)
  return value['class'] === 'FUNCTION' ? [value, ...inner] : inner
}
