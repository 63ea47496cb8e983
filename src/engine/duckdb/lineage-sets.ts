import { none, NotFollowed, union, type Around, type Flow, type Marks } from './lineage-flow.ts'
import { childrenOf } from './plan.ts'
import type { TreeNode } from './tree.ts'

/** Rows of several relations, column by column. EXCEPT and INTERSECT compare whole rows, and so does UNION. */
export function setFlow(node: TreeNode, around: Around): Flow {
  const sides = childrenOf(node).map((child) => around.visit(child))
  const first = sides[0]
  if (!first || sides.some(({ columns }) => columns.length !== first.columns.length))
    throw new NotFollowed('a set operation of relations that differ')
  const columns =
    node['type'] === 'LOGICAL_EXCEPT' ? first.columns : first.columns.map((_, at) => ofAll(sides, at))
  const compared = node['type'] === 'LOGICAL_UNION' && node['setop_all'] === true ? [] : sides
  const rows = union(...sides.map((side) => side.rows), ...compared.flatMap((side) => side.columns))
  return { columns, rows }
}

function ofAll(sides: readonly Flow[], at: number): Marks {
  return union(...sides.map(({ columns }) => columns[at] ?? none))
}

/** A CTE that is defined, and what uses it. */
export function cteFlow(node: TreeNode, around: Around): Flow {
  const [definition, use] = childrenOf(node)
  if (!definition || !use) throw new NotFollowed('a CTE without a use')
  around.ctes.set(Number(node['table_index']), around.visit(definition))
  return around.visit(use)
}

/** A recursive CTE: its second half is walked until nothing is added. Ends, since sets only grow. */
export function recursiveFlow(node: TreeNode, around: Around): Flow {
  const [start, step] = childrenOf(node)
  if (!start || !step) throw new NotFollowed('a recursion without a step')
  let flow = around.visit(start)
  for (;;) {
    around.ctes.set(Number(node['table_index']), flow)
    const more = around.visit(step)
    const columns = flow.columns.map((marks, at) => union(marks, more.columns[at] ?? none))
    // UNION drops rows that were there; what the recursion does with rows can depend on any column.
    const all = node['union_all'] === true ? [] : columns
    const next: Flow = { columns, rows: union(flow.rows, more.rows, ...all) }
    if (sizeOf(next) === sizeOf(flow)) return next
    flow = next
  }
}

function sizeOf({ columns, rows }: Flow): number {
  return columns.reduce((sum, marks) => sum + marks.size, rows.size)
}

/** The rows of an input or a CTE. */
export function cteRefFlow(node: TreeNode, around: Around): Flow {
  const index = Number(node['cte_index'])
  const input = around.inputs.get(index)
  const flow = input ? around.inputFlow(input) : around.ctes.get(index)
  if (!flow) throw new NotFollowed('a CTE that was not met')
  const found = { columns: flow.columns, rows: flow.rows }
  around.bound.set(Number(node['table_index']), found.columns)
  return found
}

/** What a correlated subquery sees of the queries around it. */
export function outerFlow(node: TreeNode, around: Around): Flow {
  const count = Array.isArray(node['chunk_types']) ? node['chunk_types'].length : 0
  const innermost = around.outer.at(-1)
  // Which of several queries around is meant is not told: then it may be any.
  const exact = around.outer.length === 1 && innermost?.length === count ? innermost : undefined
  const all = union(...around.outer.flat())
  const columns = exact ?? Array.from({ length: count }, () => all)
  around.bound.set(Number(node['table_index']), columns)
  return { columns, rows: none }
}
