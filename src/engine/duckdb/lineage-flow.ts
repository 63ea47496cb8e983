import type { AnalysedInput } from '../analysis.ts'
import { isTreeNode, type TreeNode } from './tree.ts'

/** Columns of inputs, as numbers that `Origins` gives out: sets of them are joined all the time. */
export type Marks = ReadonlySet<number>

/** What is known of the rows that come out of an operator. */
export interface Flow {
  /** For each column by position, the columns of inputs that its values are made of. */
  readonly columns: readonly Marks[]
  /** The columns of inputs that decide which rows there are. */
  readonly rows: Marks
  /** Exactly one row, whatever the inputs hold: what decides rows then decides values. */
  readonly single?: true
}

/** Thrown for a piece of a plan that cannot be followed. */
export class NotFollowed extends Error {
  override readonly name = 'NotFollowed'
}

export const none: Marks = new Set()

export function union(...sets: readonly Marks[]): Marks {
  const [only, ...others] = sets.filter((set) => set.size > 0)
  if (!only) return none
  return others.length === 0 ? only : new Set(sets.flatMap((set) => [...set]))
}

/** What a walk over a plan goes by: the flows that operators refer to by index. */
export interface Around {
  readonly inputs: ReadonlyMap<number, AnalysedInput>
  readonly inputFlow: (input: AnalysedInput) => Flow
  /** CTEs by index. */
  readonly ctes: Map<number, Flow>
  /** Columns that operators bind by their table index. */
  readonly bound: Map<number, readonly Marks[]>
  /** The columns of the outer queries that correlated subqueries see, innermost last. */
  readonly outer: (readonly Marks[])[]
  readonly visit: (node: TreeNode) => Flow
}

/**
 * The value of a constant may be an object, and is no expression. What a lambda takes from around it is among the
 * arguments of the function; inside of it, columns count anew.
 */
const hidden = new Set(['value', 'lambda_expr'])

/** The columns of inputs in an expression, or in any piece of one. */
export function marksIn(value: unknown, from: readonly Marks[], around: Around): Marks {
  const found: Marks[] = []
  const look = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(look)
    if (!isTreeNode(node)) return
    if (node['expression_class'] === 'BOUND_REF') return void found.push(refMarks(node, from))
    if (node['expression_class'] === 'BOUND_COLUMN_REF') return void found.push(bindingMarks(node, around))
    for (const [key, item] of Object.entries(node)) {
      if (!hidden.has(key) && typeof item === 'object') look(item)
    }
  }
  look(value)
  return union(...found)
}

function refMarks(node: TreeNode, from: readonly Marks[]): Marks {
  const marks = from[Number(node['index'] ?? 0)]
  if (!marks) throw new NotFollowed('a column that its operator does not get')
  return marks
}

function bindingMarks({ binding }: TreeNode, { bound }: Around): Marks {
  const { table_index: table, column_index: column } = isTreeNode(binding) ? binding : {}
  const marks = bound.get(Number(table))?.[Number(column)]
  if (!marks) throw new NotFollowed('a column of an operator that was not met')
  return marks
}

/** The flow of an operator's only child. */
export function onlyChild(children: readonly Flow[]): Flow {
  const [child, ...others] = children
  if (!child || others.length > 0) throw new NotFollowed('an operator with another number of inputs')
  return child
}

/** The columns at some positions; all of them when none are named. */
export function projected(columns: readonly Marks[], positions: unknown): readonly Marks[] {
  if (!Array.isArray(positions) || positions.length === 0) return columns
  return positions.map((at) => refMarks({ index: at as number }, columns))
}
