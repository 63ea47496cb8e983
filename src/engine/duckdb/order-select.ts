import { relationName } from '../../contract/render.ts'
import type { AnalysedInput } from '../analysis.ts'
import type { Functions } from './functions.ts'
import { Closure, type Names } from './order-closure.ts'
import { nodesIn } from './plan.ts'
import { isTreeNode, textIn, type TreeNode } from './tree.ts'

/** A SELECT of a query, with what can be told of its rows. */
export interface SelectFacts {
  readonly node: TreeNode
  /** What of its select list is looked at by the query around it. */
  readonly items: readonly TreeNode[]
  readonly names: Names
  /** Sets of columns that no two rows of what it reads share; none where that is not known. */
  readonly keys: readonly (readonly string[])[]
  /** It reads one input and nothing else. */
  readonly input?: AnalysedInput
  /** It has aggregates, or GROUP BY. */
  readonly grouped: boolean
  /** What it is grouped by. Undefined for several sets. */
  readonly groups?: readonly TreeNode[]
  /** Expressions that its WHERE holds at one value. */
  readonly fixed: readonly TreeNode[]
}

export function selectFacts(
  node: TreeNode,
  inputs: readonly AnalysedInput[],
  functions: Functions,
  used: (name: string) => boolean,
): SelectFacts {
  const from = isTreeNode(node['from_table']) ? node['from_table'] : {}
  const input = from['type'] === 'BASE_TABLE' ? inputOf(from, inputs) : undefined
  const items = nodesIn(node, 'select_list')
  const columns = input?.columns.map(({ name }) => name.toLowerCase())
  const groups = groupsOf(node, items, functions)
  const known = columns && { columns: new Set(columns), seen: columns.filter(used) }
  const names = { ...known, items, groups: groups ?? [], functions }
  return {
    node,
    items: items.filter((item) => isUsed(item, used)),
    names,
    keys: input ? [...(input.key?.length ? [input.key] : []), ...(input.unique ?? [])] : [],
    ...(input && { input }),
    grouped: holdsAggregate(items, functions) || nodesIn(node, 'group_expressions').length > 0,
    ...(groups && { groups }),
    fixed: fixedBy(node['where_clause']),
  }
}

/** What rows share that agree in some expressions, and in what the WHERE holds. */
export function closureOf(facts: SelectFacts, expressions: readonly TreeNode[]): Closure {
  return new Closure(facts.names, [...facts.fixed, ...expressions])
}

/** Whether no two rows agree in some expressions, as far as contracts say. */
export function isTotal({ keys }: SelectFacts, closure: Closure): boolean {
  return keys.some((key) => closure.holds(key))
}

/** The input that a BASE_TABLE names. */
export function inputOf(from: TreeNode, inputs: readonly AnalysedInput[]): AnalysedInput | undefined {
  const name = textIn(from, 'table_name').toLowerCase()
  return inputs.find(({ handle }) => relationName(handle).toLowerCase() === name)
}

/** The name of a column that an expression gives, when it says one. */
export function nameOf(item: TreeNode): string | undefined {
  const alias = textIn(item, 'alias')
  if (alias !== '') return alias
  return item['class'] === 'COLUMN_REF' ? (item['column_names'] as readonly string[]).at(-1) : undefined
}

export function holdsAggregate(value: unknown, functions: Functions): boolean {
  if (Array.isArray(value)) return value.some((item) => holdsAggregate(item, functions))
  if (!isTreeNode(value) || value['class'] === 'SUBQUERY') return false
  const called = value['class'] === 'FUNCTION' ? textIn(value, 'function_name').toLowerCase() : ''
  if (called !== '' && functions.isAggregate(called)) return true
  return Object.values(value).some((item) => holdsAggregate(item, functions))
}

function isUsed(item: TreeNode, used: (name: string) => boolean): boolean {
  return item['class'] === 'STAR' || used(nameOf(item)?.toLowerCase() ?? '')
}

function groupsOf(
  node: TreeNode,
  items: readonly TreeNode[],
  functions: Functions,
): readonly TreeNode[] | undefined {
  if (node['aggregate_handling'] === 'FORCE_AGGREGATES')
    return items.filter((item) => !holdsAggregate(item, functions))
  if (Array.isArray(node['group_sets']) && node['group_sets'].length > 1) return undefined
  return nodesIn(node, 'group_expressions').map((group) => atPosition(group, items))
}

/** What a number in ORDER BY or GROUP BY stands for. */
export function atPosition(expression: TreeNode, items: readonly TreeNode[]): TreeNode {
  const value = isTreeNode(expression['value']) ? expression['value']['value'] : undefined
  const item = expression['type'] === 'VALUE_CONSTANT' && typeof value === 'number' && items[value - 1]
  return item || expression
}

/** The sides of the equations that must all hold. */
function fixedBy(condition: unknown): TreeNode[] {
  if (!isTreeNode(condition)) return []
  if (condition['type'] === 'CONJUNCTION_AND') return nodesIn(condition, 'children').flatMap(fixedBy)
  if (condition['type'] !== 'COMPARE_EQUAL' && condition['type'] !== 'COMPARE_NOT_DISTINCT_FROM') return []
  return [condition['left'], condition['right']].filter(
    (side): side is TreeNode => isTreeNode(side) && side['class'] === 'COLUMN_REF',
  )
}
