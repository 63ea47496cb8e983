import {
  marksIn,
  none,
  NotFollowed,
  onlyChild,
  projected,
  union,
  type Around,
  type Flow,
  type Marks,
} from './lineage-flow.ts'
import { joinFlow } from './lineage-joins.ts'
import { cteFlow, cteRefFlow, outerFlow, recursiveFlow, setFlow } from './lineage-sets.ts'
import { childrenOf, nodesIn } from './plan.ts'
import { isTreeNode, textIn, type TreeNode } from './tree.ts'

type Operator = (node: TreeNode, around: Around) => Flow

function child(node: TreeNode, around: Around): Flow {
  return onlyChild(childrenOf(node).map((each) => around.visit(each)))
}

/** Expressions of a node over the columns of a flow. */
function marksOf(node: TreeNode, key: string, flow: Flow, around: Around): Marks[] {
  return nodesIn(node, key).map((expression) => marksIn(expression, flow.columns, around))
}

/** The rows that a piece of a node decides beside those before it. */
function decides(keys: readonly string[]): Operator {
  return (node, around) => {
    const flow = child(node, around)
    const met = keys.map((key) => marksIn(node[key], flow.columns, around))
    const columns = projected(flow.columns, node['projection_map'])
    return { columns, rows: union(flow.rows, ...met) }
  }
}

const projection: Operator = (node, around) => {
  const flow = child(node, around)
  const columns = marksOf(node, 'expressions', flow, around)
  around.bound.set(Number(node['table_index']), columns)
  return { ...flow, columns }
}

/** Columns are added to those before: of windows, and of lists that become rows. */
const added =
  (decide: boolean): Operator =>
  (node, around) => {
    const flow = child(node, around)
    const more = marksOf(node, 'expressions', flow, around)
    const rows = decide ? union(flow.rows, ...more) : flow.rows
    return { columns: [...flow.columns, ...more], rows }
  }

const aggregate: Operator = (node, around) => {
  const flow = child(node, around)
  const groups = marksOf(node, 'groups', flow, around)
  const values = marksOf(node, 'expressions', flow, around)
  const count = Array.isArray(node['grouping_functions']) ? node['grouping_functions'].length : 0
  // Which groups a row stands for: the same whatever the columns hold.
  const levels = Array.from({ length: count }, () => none)
  const columns = [...groups, ...values, ...levels]
  const single = groups.length === 0 && { single: true as const }
  return { columns, rows: union(flow.rows, ...groups), ...single }
}

const distinct: Operator = (node, around) => {
  const flow = child(node, around)
  const targets = marksOf(node, 'distinct_targets', flow, around)
  const compared = node['distinct_type'] === 'DISTINCT_ON' ? targets : flow.columns
  const order = marksIn(node['order_by'], flow.columns, around)
  return { columns: flow.columns, rows: union(flow.rows, order, ...compared) }
}

/** A function that makes rows, of constants or of the columns of a relation beside it. */
const get: Operator = (node, around) => {
  const children = childrenOf(node).map((each) => around.visit(each))
  const before = children.flatMap(({ columns }) => columns)
  const all = union(...before)
  const indexes = Array.isArray(node['column_indexes']) ? node['column_indexes'] : []
  const made = projected(
    indexes.map(() => all),
    node['projection_ids'],
  )
  const kept = Array.isArray(node['projected_input']) ? node['projected_input'] : []
  const columns = [...made, ...(kept.length > 0 ? projected(before, kept) : [])]
  around.bound.set(Number(node['table_index']), columns)
  return { columns, rows: union(all, ...children.map(({ rows }) => rows)) }
}

const values: Operator = (node, around) => {
  const flow = child(node, around)
  const lists = Array.isArray(node['expressions']) ? (node['expressions'] as readonly unknown[]) : []
  const count = Array.isArray(node['expr_types']) ? node['expr_types'].length : 0
  const at = (column: number) =>
    lists.map((row) => marksIn(Array.isArray(row) ? row[column] : row, flow.columns, around))
  return { columns: Array.from({ length: count }, (_, column) => union(...at(column))), rows: flow.rows }
}

/** A relation of constants; one without columns counts as one column of nothing. */
const constants: Operator = (node, around) => {
  const count = Array.isArray(node['chunk_types']) ? node['chunk_types'].length : 1
  const columns = Array.from({ length: count }, () => none)
  around.bound.set(Number(node['table_index']), columns)
  return { columns, rows: none, ...(node['type'] === 'LOGICAL_DUMMY_SCAN' && { single: true }) }
}

/** The groups, then a column for each value and aggregate: each is made of all that is not a group. */
const pivot: Operator = (node, around) => {
  const flow = child(node, around)
  const bound = isTreeNode(node['bound_pivot']) ? node['bound_pivot'] : {}
  const count = Number(bound['group_count'])
  const types = Array.isArray(bound['types']) ? bound['types'].length : NaN
  if (!(count >= 0 && types >= count)) throw new NotFollowed('a PIVOT of another form')
  const all = union(...flow.columns)
  const more = Array.from({ length: types - count }, () => all)
  return { columns: [...flow.columns.slice(0, count), ...more], rows: flow.rows }
}

/** DuckDB's logical operators as they are before its optimizer (`LogicalOperatorType` in its source). */
const operators: Readonly<Record<string, Operator | undefined>> = {
  LOGICAL_PROJECTION: projection,
  LOGICAL_FILTER: decides(['expressions']),
  LOGICAL_ORDER_BY: decides(['orders']),
  LOGICAL_LIMIT: decides(['limit_val', 'offset_val']),
  LOGICAL_SAMPLE: decides([]),
  LOGICAL_AGGREGATE_AND_GROUP_BY: aggregate,
  LOGICAL_WINDOW: added(false),
  LOGICAL_UNNEST: added(true),
  LOGICAL_DISTINCT: distinct,
  LOGICAL_GET: get,
  LOGICAL_EXPRESSION_GET: values,
  LOGICAL_DUMMY_SCAN: constants,
  LOGICAL_CHUNK_GET: constants,
  LOGICAL_PIVOT: pivot,
  LOGICAL_COMPARISON_JOIN: joinFlow,
  LOGICAL_ANY_JOIN: joinFlow,
  LOGICAL_ASOF_JOIN: joinFlow,
  LOGICAL_DELIM_JOIN: joinFlow,
  LOGICAL_CROSS_PRODUCT: joinFlow,
  LOGICAL_POSITIONAL_JOIN: joinFlow,
  LOGICAL_DELIM_GET: outerFlow,
  LOGICAL_UNION: setFlow,
  LOGICAL_EXCEPT: setFlow,
  LOGICAL_INTERSECT: setFlow,
  LOGICAL_MATERIALIZED_CTE: cteFlow,
  LOGICAL_RECURSIVE_CTE: recursiveFlow,
  LOGICAL_CTE_REF: cteRefFlow,
}

/** What comes out of an operator. Throws NotFollowed for one that is not known. */
export function operatorFlow(node: TreeNode, around: Around): Flow {
  const operator = operators[textIn(node, 'type')]
  if (!operator) throw new NotFollowed(textIn(node, 'type'))
  return operator(node, around)
}
