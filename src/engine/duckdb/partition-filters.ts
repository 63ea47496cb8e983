import { isObject } from '../../base/form.ts'
import { pathOf, relationKey } from './gate.ts'
import { cteKey, walkQuery } from './scope.ts'
import { isTreeNode, textIn, type ParsedQuery, type TreeNode } from './tree.ts'

/** A condition on partition columns alone, in which each column stands by its name alone. */
export type PartitionFilter = TreeNode

/**
 * What the WHERE clauses of a query ask of a table's partitions: each row of the table that the query uses fulfils one
 * of these conditions. Undefined when the query may use any row.
 *
 * Only what is certain counts: a table in FROM, or in inner joins there, and the parts of the WHERE beside it, joined by
 * AND, that compare partition columns with literals. Other joins, samples and renamed columns are read whole.
 */
export function partitionFilters(
  query: ParsedQuery,
  relation: readonly string[],
  by: readonly string[],
): readonly PartitionFilter[] | undefined {
  const places = placesOf(query, relationKey(relation))
  const columns = new Set(by.map((name) => name.toLowerCase()))
  const found = new Map<TreeNode, PartitionFilter>()
  walkQuery(query.node, (node) => {
    if (node['type'] !== 'SELECT_NODE' || isThere(node['sample'])) return
    const from = node['from_table']
    for (const table of joined(from)) {
      if (!places.has(table) || !isPlainTable(table)) continue
      const names = new Names(table, columns, table === from)
      const parts = conjuncts(node['where_clause'])
        .map((part) => names.condition(part))
        .filter((part) => part !== undefined)
      if (parts.length > 0) found.set(table, conjunction('AND', parts))
    }
  })
  if (places.size === 0 || found.size < places.size) return undefined
  return [...found.values()]
}

/** One condition of several. */
export function conjunction(by: 'AND' | 'OR', children: readonly TreeNode[]): TreeNode {
  const [only] = children
  if (only && children.length === 1) return only
  return { class: 'CONJUNCTION', type: `CONJUNCTION_${by}`, alias: '', children }
}

/** Where a query names a table, and means it and no CTE. */
function placesOf(query: ParsedQuery, key: string): ReadonlySet<TreeNode> {
  const places = new Set<TreeNode>()
  walkQuery(query.node, (node, scope) => {
    if (node['type'] !== 'BASE_TABLE') return
    const path = pathOf(node)
    if (relationKey(path) === key && !scope.has(cteKey(path))) places.add(node)
  })
  return places
}

/** The tables of a FROM clause whose rows a condition of the WHERE clause can leave out before they are joined. */
function joined(from: unknown): TreeNode[] {
  if (!isTreeNode(from)) return []
  if (from['type'] === 'BASE_TABLE') return [from]
  const { type, join_type: join, ref_type: ref } = from
  if (type !== 'JOIN' || join !== 'INNER' || (ref !== 'REGULAR' && ref !== 'CROSS')) return []
  return [...joined(from['left']), ...joined(from['right'])]
}

function isPlainTable(table: TreeNode): boolean {
  const renamed = table['column_name_alias']
  return !isThere(table['sample']) && !isThere(table['at_clause']) && !(Array.isArray(renamed) && renamed[0])
}

function conjuncts(where: unknown): TreeNode[] {
  if (!isTreeNode(where)) return []
  if (where['type'] !== 'CONJUNCTION_AND') return [where]
  return childrenOf(where).flatMap((child) => conjuncts(child))
}

/** Nodes whose value follows from their children's alone, without clock, locale or time zone. */
const plain = new Set(['COMPARISON', 'BETWEEN', 'CONJUNCTION', 'OPERATOR', 'CAST', 'FUNCTION'])
const operators = /^(COMPARE_(NOT_)?IN|OPERATOR_(NOT|CAST|IS_NULL|IS_NOT_NULL))$/
const functions = new Set(['~~', '!~~', 'starts_with'])
const constants = /^(VARCHAR|BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|NULL)$/
const castTypes = /^(VARCHAR|BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|DATE)$/

/** How the columns of a table are named beside it. */
class Names {
  readonly #table: string
  readonly #columns: ReadonlySet<string>
  readonly #alone: boolean

  constructor(table: TreeNode, columns: ReadonlySet<string>, alone: boolean) {
    this.#table = (textIn(table, 'alias') || textIn(table, 'table_name')).toLowerCase()
    this.#columns = columns
    this.#alone = alone
  }

  /** The condition with each column by its name alone; undefined when it asks for anything else. */
  condition(node: TreeNode): TreeNode | undefined {
    if (node['class'] === 'COLUMN_REF') return this.#column(node)
    if (node['class'] === 'CONSTANT') return isExact(node['value']) ? node : undefined
    if (!isPlain(node)) return undefined
    const copy: Record<string, unknown> = { ...node }
    for (const key of ['left', 'right', 'input', 'lower', 'upper', 'child']) {
      if (!isTreeNode(node[key])) continue
      copy[key] = this.condition(node[key])
      if (copy[key] === undefined) return undefined
    }
    const children = childrenOf(node).map((child) => this.condition(child))
    if (children.includes(undefined)) return undefined
    if ('children' in node) copy['children'] = children
    return copy
  }

  #column(node: TreeNode): TreeNode | undefined {
    const names = node['column_names'] as readonly string[]
    const name = names.at(-1) ?? ''
    const isOurs =
      names.length === 1 ? this.#alone : names.length === 2 && names[0]?.toLowerCase() === this.#table
    return isOurs && this.#columns.has(name.toLowerCase()) ? { ...node, column_names: [name] } : undefined
  }
}

function isPlain(node: TreeNode): boolean {
  const kind = textIn(node, 'class')
  if (!plain.has(kind)) return false
  if (kind === 'OPERATOR') return operators.test(textIn(node, 'type'))
  if (kind === 'CAST') return isObject(node['cast_type']) && castTypes.test(String(node['cast_type']['id']))
  return kind !== 'FUNCTION' || functions.has(textIn(node, 'function_name'))
}

/** A literal that JSON holds without loss. */
function isExact(value: unknown): boolean {
  if (!isObject(value) || !isObject(value['type']) || !constants.test(String(value['type']['id'])))
    return false
  return typeof value['value'] !== 'number' || Number.isSafeInteger(value['value'])
}

function childrenOf(node: TreeNode): readonly TreeNode[] {
  const children = node['children']
  return Array.isArray(children) ? children.filter(isTreeNode) : []
}

function isThere(value: unknown): boolean {
  return value !== null && value !== undefined
}
