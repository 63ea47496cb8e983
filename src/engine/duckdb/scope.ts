import { isTreeNode, textIn, type TreeNode } from './tree.ts'

/** The CTEs that a piece of a query sees, by their keys. */
export type Scope = ReadonlySet<string>

/** A name by its parts, without regard to case. A quoted name may hold dots, and is one part all the same. */
export function cteKey(path: readonly string[]): string {
  return JSON.stringify(path).toLowerCase()
}

/** Called for every node with what it sees. */
export type Visit = (node: TreeNode, scope: Scope) => void

/**
 * Walks a query and follows the scopes of its CTEs as DuckDB does: a CTE sees those before it, and itself only
 * in the right side of a recursive one; what follows sees them all, at any depth.
 */
export function walkQuery(value: unknown, visit: Visit, scope: Scope = new Set()): void {
  if (Array.isArray(value)) {
    for (const item of value) walkQuery(item, visit, scope)
    return
  }
  if (!isTreeNode(value)) return
  visit(value, scope)
  if (value['type'] === 'RECURSIVE_CTE_NODE') return walkRecursive(value, visit, scope)
  walkFields(value, visit, withCtes(value, visit, scope))
}

function walkFields(node: TreeNode, visit: Visit, scope: Scope): void {
  for (const [key, value] of Object.entries(node)) if (key !== 'cte_map') walkQuery(value, visit, scope)
}

function withCtes(node: TreeNode, visit: Visit, scope: Scope): Scope {
  const entries = isTreeNode(node['cte_map']) ? (node['cte_map']['map'] as readonly TreeNode[]) : []
  const seen = new Set(scope)
  for (const entry of entries) {
    walkQuery(entry['value'], visit, new Set(seen))
    seen.add(cteKey([textIn(entry, 'key')]))
  }
  return seen
}

function walkRecursive(node: TreeNode, visit: Visit, scope: Scope): void {
  const outer = withCtes(node, visit, scope)
  const { left, ...others } = node
  walkQuery(left, visit, outer)
  const name = textIn(node, 'cte_name')
  walkFields(others, visit, new Set([...outer, cteKey([name]), cteKey(['recurring', name])]))
}
