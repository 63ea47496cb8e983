import { atPosition, closureOf, isTotal, nameOf, type SelectFacts } from './order-select.ts'
import { nodesIn } from './plan.ts'
import { isTreeNode, placeOf, type TreeNode } from './tree.ts'

/** Something that depends on chance. */
export interface ByChance {
  /** Where it stands, in bytes. */
  readonly place?: number
  /** The words that stand right before that place and belong to it. */
  readonly before?: RegExp
  readonly message: string
  readonly hint: string
}

/** Rows that a LIMIT or DISTINCT ON of a SELECT picks. */
export function pickedRows(facts: SelectFacts): ByChance[] {
  return [limited(facts), distinctOn(facts)].filter((found) => found !== undefined)
}

function limited(facts: SelectFacts): ByChance | undefined {
  const { node, grouped, groups, items } = facts
  const limit = modifier(node, 'LIMIT_MODIFIER') ?? modifier(node, 'LIMIT_PERCENT_MODIFIER')
  // An aggregate of all rows is one row.
  if (!limit || (grouped && groups?.length === 0)) return undefined
  const at = atLimit(limit, node)
  const orders = ordersOf(facts)
  const closure = closureOf(facts, orders)
  if (isTotal(facts, closure) || closure.determines(items)) return undefined
  if (orders.length === 0)
    return { ...at, message: 'LIMIT without ORDER BY keeps rows by chance', hint: `add ${orderBy(facts)}` }
  const tied = { ...at, message: 'LIMIT keeps some of the rows that are equal in ORDER BY by chance' }
  if (orders.some((order) => order['class'] === 'STAR')) return undefined
  if (node['qualify'] || targetsOf(node).length > 0) return undefined
  if (!grouped) return facts.keys.length > 0 ? { ...tied, hint: addKey(facts) } : undefined
  if (!groups || groups.length === 0 || groups.some((group) => closure.touches(group))) return undefined
  return { ...tied, hint: `add what it is grouped by to ORDER BY${named(groups)}` }
}

function distinctOn(facts: SelectFacts): ByChance | undefined {
  const { node, items, grouped } = facts
  const targets = targetsOf(node).map((target) => atPosition(target, facts.names.items))
  if (targets.length === 0) return undefined
  const orders = ordersOf(facts)
  const closure = closureOf(facts, [...targets, ...orders])
  if (isTotal(facts, closure) || closure.determines(items)) return undefined
  const place = placeOf(targets[0] ?? {})
  const at = { ...(place !== undefined && { place }), before: /\bdistinct\s+on\s*\(\s*$/i }
  if (orders.length === 0)
    return {
      ...at,
      message: 'DISTINCT ON without ORDER BY picks rows by chance',
      hint: `add ${orderBy(facts)}`,
    }
  if (grouped || facts.keys.length === 0 || orders.some((order) => order['class'] === 'STAR'))
    return undefined
  const message = 'DISTINCT ON picks one of the rows that are equal in ORDER BY by chance'
  return { ...at, message, hint: addKey(facts) }
}

/** How to make an order total. */
export function addKey(facts: SelectFacts): string {
  const [key = []] = facts.keys
  const names = key.join(', ')
  return isPicked(facts, key)
    ? `add the key to ORDER BY: ${names}`
    : `pick the key, and add it to ORDER BY: ${names}`
}

/** How to say an order where there is none. */
export function orderBy(facts: SelectFacts): string {
  const [key] = facts.keys
  return key && isPicked(facts, key) && !facts.grouped
    ? `ORDER BY ${key.join(', ')}`
    : 'ORDER BY with what tells rows apart'
}

/** The columns that a SELECT is grouped by, when all have names. */
function named(groups: readonly TreeNode[]): string {
  const names = groups.map(nameOf).filter((name) => name !== undefined)
  return names.length < groups.length ? '' : `: ${names.join(', ')}`
}

function isPicked({ input }: SelectFacts, key: readonly string[]): boolean {
  return key.every((name) => input?.columns.some((column) => column.name === name))
}

function modifier(node: TreeNode, type: string): TreeNode | undefined {
  return nodesIn(node, 'modifiers').find((each) => each['type'] === type)
}

function ordersOf({ node, names }: SelectFacts): TreeNode[] {
  return nodesIn(modifier(node, 'ORDER_MODIFIER') ?? {}, 'orders').flatMap(({ expression }) =>
    isTreeNode(expression) ? [atPosition(expression, names.items)] : [],
  )
}

function targetsOf(node: TreeNode): readonly TreeNode[] {
  return nodesIn(modifier(node, 'DISTINCT_MODIFIER') ?? {}, 'distinct_on_targets')
}

/** A LIMIT has no place of its own, but its number has; where that is a parameter, the relation is shown. */
export function atLimit(limit: TreeNode, node: TreeNode): Pick<ByChance, 'place' | 'before'> {
  const number = [limit['limit'], limit['offset']].find(isTreeNode)
  const place = number && placeOf(number)
  if (place !== undefined) return { place, before: /\b(?:limit|offset)\s+$/i }
  const from = isTreeNode(node['from_table']) ? placeOf(node['from_table']) : undefined
  return from === undefined ? {} : { place: from }
}
