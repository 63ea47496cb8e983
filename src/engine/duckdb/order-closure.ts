import type { Functions } from './functions.ts'
import { isTreeNode, textIn, type TreeNode } from './tree.ts'

/** What expressions of a SELECT can refer to. */
export interface Names {
  /** The columns of the one input that a SELECT reads, in lower case; undefined where it reads something else. */
  readonly columns?: ReadonlySet<string>
  /** Those of them that the query around it looks at. */
  readonly seen?: readonly string[]
  /** Its select list: an ORDER BY or GROUP BY may name what stands there. */
  readonly items: readonly TreeNode[]
  /** What it is grouped by; empty when it is not, or by several sets. */
  readonly groups: readonly TreeNode[]
  readonly functions: Functions
}

/**
 * What is the same for rows that agree in some expressions. It rather takes too much as settled than too little:
 * a column counts as settled when it is only mentioned, as in `ORDER BY lower(name)`.
 */
export class Closure {
  private readonly names: Names
  private readonly columns = new Set<string>()
  private readonly texts = new Set<string>()

  constructor(names: Names, expressions: readonly TreeNode[]) {
    this.names = names
    for (const expression of expressions) this.add(expression)
  }

  /** Whether rows that agree here agree in all these columns. */
  holds(columns: readonly string[]): boolean {
    return columns.every((name) => this.columns.has(name.toLowerCase()))
  }

  /** Whether an expression mentions something that is settled. */
  touches(expression: unknown): boolean {
    return mentioned(expression, this.names).some((name) => this.columns.has(name))
  }

  /**
   * Whether an expression is the same for rows that agree here.
   *
   * @param of the window function in question: its arguments count, and not how it orders
   */
  determines(expression: unknown, of?: TreeNode): boolean {
    if (Array.isArray(expression)) return expression.every((item) => this.determines(item, of))
    if (!isTreeNode(expression)) return true
    if (expression === of) return this.determines(expression['children'], of)
    if (this.texts.has(textOf(expression))) return true
    switch (expression['class']) {
      case 'COLUMN_REF':
        return this.determinesColumn(expression, of)
      case 'STAR':
        return this.determinesStar(expression)
      case 'WINDOW':
        return this.determinesWindow(expression, of)
      // They have names of their own; a warning must be right.
      case 'SUBQUERY':
      case 'LAMBDA':
        return true
      case 'FUNCTION':
        if (this.isAggregate(expression)) return this.determinesGroup()
    }
    return Object.values(expression).every((item) => this.determines(item, of))
  }

  private isAggregate(call: TreeNode): boolean {
    return this.names.functions.isAggregate(textIn(call, 'function_name').toLowerCase())
  }

  private determinesGroup(): boolean {
    const { groups } = this.names
    return groups.length > 0 && groups.every((group) => this.determines(group))
  }

  private add(expression: TreeNode): void {
    this.texts.add(textOf(expression))
    for (const name of mentioned(expression, this.names)) {
      this.columns.add(name)
      const item = itemCalled(name, this.names)
      if (!item || this.names.columns?.has(name)) continue
      this.texts.add(textOf(item))
      for (const other of mentioned(item, this.names)) this.columns.add(other)
    }
  }

  private determinesColumn(ref: TreeNode, of?: TreeNode): boolean {
    const name = columnOf(ref, this.names)
    if (this.columns.has(name)) return true
    const item = itemCalled(name, this.names)
    return item !== undefined && item['class'] !== 'COLUMN_REF' && this.determines(item, of)
  }

  private determinesStar(star: TreeNode): boolean {
    const { seen } = this.names
    const without = Array.isArray(star['exclude_list']) ? star['exclude_list'].map(String) : []
    const left = without.map((name) => name.toLowerCase())
    return seen !== undefined && seen.every((name) => this.columns.has(name) || left.includes(name))
  }

  /** Over a frame of all that is equal in its order, a window depends on its partition and order alone. */
  private determinesWindow(window: TreeNode, of?: TreeNode): boolean {
    const whole = window['end'] === 'CURRENT_ROW_RANGE' && window['start'] === 'UNBOUNDED_PRECEDING'
    const settled = this.determines([window['partitions'], window['orders']], of)
    return whole && settled && settledWindows.has(textIn(window, 'type'))
  }
}

const settledWindows = new Set([
  'WINDOW_AGGREGATE',
  'WINDOW_RANK',
  'WINDOW_RANK_DENSE',
  'WINDOW_PERCENT_RANK',
  'WINDOW_CUME_DIST',
])

/** The name of a column that a reference means, without its relation and without fields of it. */
function columnOf(ref: TreeNode, { columns }: Names): string {
  const parts = (ref['column_names'] as readonly string[]).map((part) => part.toLowerCase())
  return parts.find((part) => columns?.has(part)) ?? parts.at(-1) ?? ''
}

/** The columns that an expression refers to, those of aggregates left out: they say nothing of single rows. */
function mentioned(value: unknown, names: Names): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => mentioned(item, names))
  if (!isTreeNode(value)) return []
  if (value['class'] === 'COLUMN_REF') return [columnOf(value, names)]
  if (names.functions.isAggregate(textIn(value, 'function_name').toLowerCase())) return []
  return Object.values(value).flatMap((item) => mentioned(item, names))
}

function itemCalled(name: string, { items }: Names): TreeNode | undefined {
  return items.find((item) => textIn(item, 'alias').toLowerCase() === name)
}

/** An expression without its place and its name. */
function textOf(expression: TreeNode): string {
  const skipped = new Set(['query_location', 'alias'])
  return JSON.stringify(expression, (key, value: unknown) => (skipped.has(key) ? undefined : value))
}
