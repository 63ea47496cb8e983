import type { EngineProblem } from '../analysis.ts'
import { offsetIn, type FaultPlace } from './faults.ts'
import { lossOf } from './lossy-types.ts'
import { planType } from './plan-type.ts'
import type { BoundPlan } from './plan.ts'
import { isTreeNode, placeOf, textIn, type ParsedQuery, type TreeNode } from './tree.ts'
import { typeText } from './types.ts'

/** Around or inside of a cast, these say that the loss is meant. */
const rounding = new Set(['round', 'round_even', 'trunc', 'floor', 'ceil', 'ceiling'])
/** Whole numbers that are never so large that a float could not hold them. */
const small = new Set(['count', 'count_star', 'count_if', 'countif', 'length', 'len', 'row_number', 'rank'])

/**
 * Casts that the query asks for and that can lose something without a word, as warnings. The query's tree says which
 * casts a person wrote, the plan from which type to which.
 */
export function lossyCasts(query: ParsedQuery, plan: BoundPlan, place: FaultPlace): EngineProblem[] {
  const written = new Set<number>()
  collectCasts(query.node, '', (bytes) => {
    const offset = offsetIn(place.text, bytes)
    if (offset !== undefined) written.add(offset)
  })
  if (written.size === 0) return []
  const found = new Map<number, EngineProblem>()
  collectBound(plan.root, (cast, offset) => {
    const [from, to] = [
      planType(isTreeNode(cast['child']) && cast['child']['return_type']),
      planType(cast['return_type']),
    ]
    if (!from || !to || found.has(offset)) return
    const loss = lossOf(from, to)
    if (loss === undefined) return
    found.set(offset, {
      code: 'query/lossy-cast',
      severity: 'warn',
      message: `${place.subject}: a cast from ${typeText(from)} to ${typeText(to)} can lose ${loss}`,
      query: { handle: place.handle, offset, text: place.text },
      hint: 'say that it is meant by round(...), floor(...), ceil(...) or trunc(...) right around or inside of it',
    })
  })
  return [...found.values()]

  function collectBound(value: unknown, visit: (cast: TreeNode, offset: number) => void): void {
    if (Array.isArray(value)) return value.forEach((item) => collectBound(item, visit))
    if (!isTreeNode(value)) return
    const bytes = placeOf(value)
    const offset =
      value['expression_class'] === 'BOUND_CAST' && bytes !== undefined ? plan.indexAt(bytes) : undefined
    // Of casts at one place the innermost is the one that was written: DuckDB adds others around it.
    const inner = isTreeNode(value['child']) ? value['child'] : {}
    const own = inner['expression_class'] !== 'BOUND_CAST' || placeOf(inner) !== bytes
    if (offset !== undefined && own && written.has(offset) && inner['expression_class'] !== 'BOUND_CONSTANT')
      visit(value, offset)
    Object.values(value).forEach((item) => collectBound(item, visit))
  }
}

/** The places of casts that are not said to be meant. */
function collectCasts(value: unknown, around: string, visit: (bytes: number) => void): void {
  if (Array.isArray(value)) return value.forEach((item) => collectCasts(item, around, visit))
  if (!isTreeNode(value)) return
  const name = textIn(value, 'function_name').toLowerCase()
  if (value['type'] === 'OPERATOR_CAST') {
    const inner = isTreeNode(value['child']) ? textIn(value['child'], 'function_name').toLowerCase() : ''
    const bytes = placeOf(value)
    const meant = rounding.has(around) || rounding.has(inner) || small.has(inner)
    if (!meant && bytes !== undefined) visit(bytes)
  }
  for (const item of Object.values(value)) collectCasts(item, name, visit)
}
