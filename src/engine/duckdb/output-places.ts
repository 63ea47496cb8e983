import type { EngineProblem } from '../analysis.ts'
import { offsetIn, type FaultPlace } from './faults.ts'
import { nameOf } from './order-select.ts'
import { cteOf, ctesIn, queryIn, without, type Ctes } from './order-source.ts'
import { nodesIn } from './plan.ts'
import type { BoundColumn } from './source-parquet.ts'
import { isTreeNode, placeOf, textIn, type ParsedQuery, type TreeNode } from './tree.ts'

type QueryPlace = Pick<EngineProblem, 'query'>

/** Where a query says which columns it gives. */
export interface OutputPlaces {
  /** The outermost select list. */
  readonly list: QueryPlace
  /** What gives a column, by its position in the result: in a CTE or subquery when the select list is `*`. */
  column(at: number): QueryPlace
}

export function outputPlaces(
  { node }: ParsedQuery,
  columns: readonly BoundColumn[],
  { handle, text }: FaultPlace,
): OutputPlaces {
  const ctes = ctesIn(node)
  const items = itemsOf(outermost(node))
  const exact = items.length === columns.length && !items.some(isStar)
  const told = (place: number | undefined): QueryPlace => {
    const offset = offsetIn(text, place)
    return offset === undefined ? {} : { query: { handle, offset, text } }
  }
  return {
    list: told(startOf(items)),
    column: (at) => told(startOf(exact ? items[at] : itemOf(node, columns[at]?.name ?? '', ctes))),
  }
}

/** The SELECT that names the columns of a query: of a UNION the left one. */
function outermost(node: TreeNode): TreeNode {
  const left = node['left']
  return node['type'] !== 'SELECT_NODE' && isTreeNode(left) ? outermost(left) : node
}

/** The expression that gives a column of a query; where it cannot be told, the `*` through which it comes. */
function itemOf(node: TreeNode, name: string, ctes: Ctes): TreeNode | undefined {
  const select = outermost(node)
  const items = itemsOf(select)
  const own = items.find((item) => nameOf(item)?.toLowerCase() === name.toLowerCase())
  if (own) return own
  const star = items.find(isStar)
  const from = isTreeNode(select['from_table']) ? select['from_table'] : {}
  const inner = cteOf(from, ctes) ?? queryIn(from)
  const known = without(ctes, textIn(from, 'table_name'))
  return (star && inner ? itemOf(inner, name, known) : undefined) ?? star
}

/** A select list. That of `FROM x` alone has its `*` at the start of the whole text: the relation is shown. */
function itemsOf(select: TreeNode): TreeNode[] {
  const from = isTreeNode(select['from_table']) ? select['from_table'] : {}
  return nodesIn(select, 'select_list').map((item) =>
    isStar(item) && placeOf(item) === 0 ? { ...item, query_location: from['query_location'] } : item,
  )
}

function isStar(item: TreeNode): boolean {
  return item['class'] === 'STAR'
}

/** Where the text of expressions begins, in bytes: an operator stands after what is left of it. */
function startOf(value: unknown): number | undefined {
  if (Array.isArray(value)) return first(value.map(startOf))
  if (!isTreeNode(value)) return undefined
  return first([placeOf(value), ...Object.values(value).map(startOf)])
}

function first(places: readonly (number | undefined)[]): number | undefined {
  const known = places.filter((place) => place !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
