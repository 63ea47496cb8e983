import { changesOf } from '../../contract/changes.ts'
import type { EngineProblem } from '../analysis.ts'
import { offsetIn, type FaultPlace } from './faults.ts'
import type { Functions } from './functions.ts'
import { holdsAggregate } from './order-select.ts'
import { cteOf, ctesIn, queryIn, without, type Ctes } from './order-source.ts'
import { nodesIn } from './plan.ts'
import { isTreeNode, placeOf, textIn, type ParsedQuery, type TreeNode } from './tree.ts'

/** What of a query cannot be appended. */
interface Finding {
  readonly what: string
  readonly node: TreeNode
}

/**
 * Rows that a notebook appends must be those that it would give of all rows together. What looks at several rows at
 * once (aggregates, DISTINCT, LIMIT, windows, rows that changed joined with others that did) sees only the new ones.
 */
export function appendWarnings(
  { node: query }: ParsedQuery,
  relations: readonly string[],
  functions: Functions,
  place: FaultPlace,
): EngineProblem[] {
  const ctes = ctesIn(query)
  const found: Finding[] = []
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk)
    if (!isTreeNode(value)) return
    const what = faultOf(value, ctes, functions)
    if (what !== undefined) found.push({ what, node: value })
    Object.values(value).forEach(walk)
  }
  walk(query)
  const inQuery = found.map(({ what, node }) => {
    const offset = offsetIn(place.text, placeIn(node))
    const at = offset !== undefined && { query: { handle: place.handle, offset, text: place.text } }
    return {
      ...warning(`${place.subject}: ${what} sees only the rows that were added`),
      ...at,
      hint: "say `incremental: 'merge'` and compute the keys that changed, or leave it to another notebook",
    }
  })
  return [...inQuery, ...readingWarnings(relations, place)]
}

function readingWarnings(relations: readonly string[], place: FaultPlace): EngineProblem[] {
  const changes = relations.flatMap((handle) => changesOf(handle) ?? [])
  const whole = [...new Set(changes.map(({ handle }) => handle))].filter((handle) =>
    relations.includes(handle),
  )
  const removed = changes.filter(({ side }) => side === 'removed')
  return [
    ...whole.map((handle) => ({
      ...warning(`${place.subject}: '${handle}' is read by its changes and whole`),
      hint: 'all is computed anew each time that it changes',
    })),
    ...removed.map(({ handle }) => ({
      ...warning(`${place.subject}: '${handle}.changes().removed' never has rows`),
      hint: 'where rows were removed, a notebook that appends computes all anew',
    })),
  ]
}

function warning(message: string): Pick<EngineProblem, 'code' | 'severity' | 'message'> {
  return { code: 'query/append', severity: 'warn', message }
}

function faultOf(node: TreeNode, ctes: Ctes, functions: Functions): string | undefined {
  if (node['type'] === 'JOIN')
    return readsAdded(node['left'], ctes) && readsAdded(node['right'], ctes)
      ? 'a join of what was added to two inputs'
      : undefined
  if (node['type'] === 'SET_OPERATION_NODE') {
    if (node['setop_type'] === 'UNION' && node['setop_all'] === true) return modifierOf(node, ctes)
    return readsAdded(node, ctes) ? `${textIn(node, 'setop_type')} without ALL` : undefined
  }
  if (node['type'] !== 'SELECT_NODE' || !readsAdded(node['from_table'], ctes)) return undefined
  const items = [node['select_list'], node['having'], node['qualify']]
  const grouped =
    nodesIn(node, 'group_expressions').length > 0 || node['aggregate_handling'] === 'FORCE_AGGREGATES'
  if (grouped || holdsAggregate(items, functions)) return 'an aggregate'
  if (holdsWindow(items)) return 'a window function'
  return modifierOf(node, ctes)
}

function modifierOf(node: TreeNode, ctes: Ctes): string | undefined {
  if (!readsAdded(node, ctes)) return undefined
  const types = nodesIn(node, 'modifiers').map(({ type }) => String(type))
  if (types.some((type) => type.startsWith('LIMIT'))) return 'LIMIT'
  return types.some((type) => type.startsWith('DISTINCT')) ? 'DISTINCT' : undefined
}

/** Whether a relation or query reads what was added to an input, also through its CTEs. */
function readsAdded(from: unknown, ctes: Ctes): boolean {
  if (Array.isArray(from)) return from.some((item) => readsAdded(item, ctes))
  if (!isTreeNode(from)) return false
  switch (from['type']) {
    case 'BASE_TABLE': {
      const name = textIn(from, 'table_name')
      if (changesOf(name)?.side === 'added') return true
      const cte = cteOf(from, ctes)
      return cte !== undefined && cte !== null && readsAdded(cte, without(ctes, name))
    }
    case 'JOIN':
    case 'SET_OPERATION_NODE':
      return readsAdded(from['left'], ctes) || readsAdded(from['right'], ctes)
    case 'SUBQUERY':
      return readsAdded(queryIn(from), ctes)
    case 'SELECT_NODE':
      return readsAdded(from['from_table'], ctes)
    default:
      return false
  }
}

function holdsWindow(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsWindow)
  if (!isTreeNode(value) || value['class'] === 'SUBQUERY') return false
  return value['class'] === 'WINDOW' || Object.values(value).some(holdsWindow)
}

/** The first place that a node or something in it has. */
function placeIn(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.map(placeIn).find((place) => place !== undefined)
  if (!isTreeNode(value)) return undefined
  return placeOf(value) ?? placeIn(Object.values(value))
}
