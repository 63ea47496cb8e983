import type { AnalysedInput } from '../analysis.ts'
import { relationName } from '../../contract/render.ts'
import type { Fault } from './faults.ts'
import { planType } from './plan-type.ts'
import type { BoundColumn } from './source-parquet.ts'
import { isTreeNode, readNodes, textIn, type TreeNode } from './tree.ts'
import { typeText } from './types.ts'

/**
 * A query as DuckDB binds it, before its optimizer: `json_serialize_plan(..., optimize := false)`, under "SQL to and
 * from JSON" in its manual. Operators have `children`; expressions name columns of those by position.
 */
export interface BoundPlan {
  /** The plan of the query, below the CTEs that stand for its inputs. */
  readonly root: TreeNode
  /** The inputs by the index under which the plan refers to them. */
  readonly inputs: ReadonlyMap<number, AnalysedInput>
  /** The index in the query's text for a place in the plan. */
  readonly indexAt: (bytes: number) => number | undefined
}

/** A serialized plan, or why there is none. */
export function readPlan(json: string, inputs: readonly AnalysedInput[]): Omit<BoundPlan, 'indexAt'> | Fault {
  const tree = readNodes(json)
  if (tree['error'] === true) return planFault(tree)
  let root = (tree['plans'] as readonly TreeNode[])[0] ?? {}
  const found = new Map<number, AnalysedInput>()
  // The CTEs of the inputs stand outermost, in any number: those that a query does not use may be left out.
  for (;;) {
    const name = textIn(root, 'ctename')
    const input = inputs.find(({ handle }) => relationName(handle) === name)
    const inner = childrenOf(root)[1]
    if (root['type'] !== 'LOGICAL_MATERIALIZED_CTE' || !input || !inner) break
    found.set(Number(root['table_index']), input)
    root = inner
  }
  return { root, inputs: found }
}

export function childrenOf(node: TreeNode): readonly TreeNode[] {
  return nodesIn(node, 'children')
}

/** The nodes of a list in a node. */
export function nodesIn(node: TreeNode, key: string): readonly TreeNode[] {
  const list = node[key]
  return Array.isArray(list) ? list.filter(isTreeNode) : []
}

/** The columns of a plan's result. Undefined where a type has no form that can be compared. */
export function planColumns({ root }: BoundPlan): BoundColumn[] | undefined {
  if (root['type'] !== 'LOGICAL_PROJECTION') return undefined
  const columns = nodesIn(root, 'expressions').map((expression) => ({
    name: textIn(expression, 'alias'),
    type: planType(expression['return_type']),
  }))
  const known = columns.flatMap(({ name, type }) => (type ? [{ name, type: typeText(type) }] : []))
  const names = new Set(known.map(({ name }) => name.toLowerCase()))
  // Of two columns with one name, the second gets another here: DESCRIBE tells the names as they are.
  const renamed = (name: string) => names.has(name.toLowerCase().replace(/_\d+$/, '')) && /_\d+$/.test(name)
  return known.length < columns.length || known.some(({ name }) => renamed(name)) ? undefined : known
}

function planFault(tree: TreeNode): Fault {
  const position = tree['position'] === undefined ? undefined : Number(tree['position'])
  const type = textIn(tree, 'error_type').replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
  return {
    type,
    message: textIn(tree, 'error_message'),
    ...(position !== undefined && { position }),
    ...(textIn(tree, 'error_subtype') !== '' && { kind: textIn(tree, 'error_subtype') }),
    ...(textIn(tree, 'name') !== '' && { name: textIn(tree, 'name') }),
    candidates: textIn(tree, 'candidates')
      .split(/,\s*/)
      .filter((name) => name !== ''),
  }
}
