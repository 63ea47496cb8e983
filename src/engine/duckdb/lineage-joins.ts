import { marksIn, NotFollowed, projected, union, type Around, type Flow, type Marks } from './lineage-flow.ts'
import { childrenOf, nodesIn } from './plan.ts'
import { textIn, type TreeNode } from './tree.ts'

/** A join of any kind; a correlated subquery is one too (Neumann and Kemper, "Unnesting Arbitrary Queries", 2015). */
export function joinFlow(node: TreeNode, around: Around): Flow {
  const [leftNode, rightNode] = childrenOf(node)
  if (!leftNode || !rightNode) throw new NotFollowed('a join of one relation')
  const left = around.visit(leftNode)
  const right = rightSide(node, left, rightNode, around)
  const met = conditionMarks(node, left, right, around)
  const sides = withMaps(node, left, right)
  if (node['type'] === 'LOGICAL_CROSS_PRODUCT') return crossed(sides.left, sides.right)
  return joined(textIn(node, 'join_type'), sides, met)
}

/** The right side of a correlated join sees some columns of the left one. */
function rightSide(node: TreeNode, left: Flow, right: TreeNode, around: Around): Flow {
  if (node['type'] !== 'LOGICAL_DELIM_JOIN') return around.visit(right)
  const seen = nodesIn(node, 'duplicate_eliminated_columns')
  around.outer.push(seen.map((expression) => marksIn(expression, left.columns, around)))
  try {
    return around.visit(right)
  } finally {
    around.outer.pop()
  }
}

function conditionMarks(node: TreeNode, left: Flow, right: Flow, around: Around): Marks {
  const pairs = nodesIn(node, 'conditions').flatMap((condition) => [
    marksIn(condition['left'], left.columns, around),
    marksIn(condition['right'], right.columns, around),
  ])
  const both = [...left.columns, ...right.columns]
  return union(
    ...pairs,
    marksIn(node['condition'], both, around),
    marksIn(node['predicate'], both, around),
    // Conditions that name both sides are kept as expressions.
    ...nodesIn(node, 'expressions').map((expression) => marksIn(expression, both, around)),
  )
}

function withMaps(node: TreeNode, left: Flow, right: Flow): { left: Flow; right: Flow } {
  return {
    left: { ...left, columns: projected(left.columns, node['left_projection_map']) },
    right: { ...right, columns: projected(right.columns, node['right_projection_map']) },
  }
}

/** What comes out of a join, by its kind; `met` are the columns of its conditions. */
function joined(kind: string, { left, right }: { left: Flow; right: Flow }, met: Marks): Flow {
  const rows = union(left.rows, right.rows, met)
  switch (kind) {
    case 'SEMI':
    case 'ANTI':
      return { columns: left.columns, rows }
    case 'RIGHT_SEMI':
    case 'RIGHT_ANTI':
      return { columns: right.columns, rows }
    case 'MARK':
      // One more column that says whether there is a match.
      return { ...left, columns: [...left.columns, union(right.rows, met)] }
    case 'SINGLE': {
      // A subquery with one value: it decides that value, and no rows.
      const decides = union(right.rows, met)
      return { ...left, columns: [...left.columns, ...right.columns.map((marks) => union(marks, decides))] }
    }
    default:
      return { columns: [...left.columns, ...right.columns], rows }
  }
}

/** Beside exactly one row, the rows stay as they are, and what decided that row decides its values. */
function crossed(left: Flow, right: Flow): Flow {
  const rows = right.single ? left.rows : union(left.rows, right.rows)
  const values = right.single ? right.columns.map((marks) => union(marks, right.rows)) : right.columns
  return { columns: [...left.columns, ...values], rows, ...(left.single && right.single && { single: true }) }
}
