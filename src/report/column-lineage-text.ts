import { columnKey, type ColumnEdge, type ColumnRef, type Direction } from '../check/column-graph.ts'
import type { ColumnLineage } from '../check/column-lineage.ts'
import { columnText } from '../check/column-name.ts'
import { plainPaint } from './paint.ts'
import { drawTree, type Branch } from './tree-text.ts'
import type { TextOptions } from './wrap.ts'

/**
 * Where columns come from and where they go, as two trees. Values are followed; columns that only decide rows are
 * named and not followed. A column that was shown before is not followed again.
 */
export function columnLineageText({ of, edges }: ColumnLineage, options: TextOptions = {}): string {
  return of.map((ref) => oneColumn(ref, edges, options)).join('\n')
}

function oneColumn(ref: ColumnRef, edges: readonly ColumnEdge[], options: TextOptions): string {
  const { paint = plainPaint } = options
  const up = branches(ref, edges, 'up', new Set([columnKey(ref)]))
  const down = branches(ref, edges, 'down', new Set([columnKey(ref)]))
  return `${[
    paint.bold(columnText(ref)),
    up.length === 0 ? 'is made from nothing' : 'is made from',
    ...drawTree(up, options),
    down.length === 0 ? 'flows into nothing' : 'flows into',
    ...drawTree(down, options),
  ].join('\n')}\n`
}

/** The steps between a column and its neighbours, each with these below it. */
function branches(
  ref: ColumnRef,
  edges: readonly ColumnEdge[],
  direction: Direction,
  seen: Set<string>,
): Branch[] {
  const [here, there] = direction === 'up' ? (['to', 'from'] as const) : (['from', 'to'] as const)
  const own = edges.filter((edge) => columnKey(edge[here]) === columnKey(ref))
  const steps = [...new Set(own.map(stepText))]
  return steps.map((text) => {
    const through = own.filter((edge) => stepText(edge) === text)
    const values = through.filter(({ how }) => how === 'value').map((edge) => edge[there])
    const rows = through.filter(({ how }) => how === 'rows').map((edge) => edge[there])
    return {
      text,
      children: [
        ...values.map((next) => follow(next, edges, direction, seen)),
        ...rowsTexts(rows, direction).map((rowsOf) => ({ text: rowsOf, children: [] })),
      ],
    }
  })
}

function follow(
  ref: ColumnRef,
  edges: readonly ColumnEdge[],
  direction: Direction,
  seen: Set<string>,
): Branch {
  const key = columnKey(ref)
  const known = seen.has(key)
  seen.add(key)
  return { text: columnText(ref), children: known ? [] : branches(ref, edges, direction, seen) }
}

function stepText({ step, file, opaque }: ColumnEdge): string {
  return `step ${step} (${file}${opaque ? '; not looked inside' : ''})`
}

/** A line for each table: upwards with its columns, downwards rows decide all of it. */
function rowsTexts(refs: readonly ColumnRef[], direction: Direction): string[] {
  const tables = [...new Set(refs.map(({ table }) => table))]
  if (direction === 'down') return tables.map((table) => `rows of ${table}`)
  const columns = (table: string) => refs.filter((ref) => ref.table === table).map(({ column }) => column)
  return tables.map((table) => `rows by ${table}: ${columns(table).join(', ')}`)
}
