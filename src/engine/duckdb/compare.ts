import { didYouMean } from '../../base/suggest.ts'
import type { RenderedQuery } from '../../contract/render.ts'
import type { DeclaredTable } from '../../contract/spec.ts'
import type { EngineProblem } from '../analysis.ts'
import type { OutputPlaces } from './output-places.ts'
import type { BoundColumn } from './source-parquet.ts'
import { quoteName } from './sql-text.ts'
import { isTreeNode, textIn, type ParsedQuery } from './tree.ts'
import { fits } from './type-fit.ts'
import { foundType, parseType, typeText } from './types.ts'

/** What a query's columns lack of the contract, and what they have too much, each where the query says so. */
export function compareColumns(
  table: DeclaredTable,
  columns: readonly BoundColumn[],
  nulls: ReadonlySet<string>,
  places: OutputPlaces,
): EngineProblem[] {
  const found = columns.map(({ name }) => name)
  const declared = table.columns.map(({ name }) => name)
  const subject = `output table '${table.name}'`
  const missing = declared.filter((name) => !found.includes(name))
  const extra = found.filter((name) => !declared.includes(name))
  const twice = declared.filter((name) => found.indexOf(name) !== found.lastIndexOf(name))
  return [
    ...missing.map((name): EngineProblem => {
      const hint = extra.length > 0 ? didYouMean(name, extra) : undefined
      return {
        code: 'contract/column-missing',
        message: `${subject}: the query gives no column '${name}'`,
        ...places.list,
        ...(hint && { hint }),
      }
    }),
    ...extra.map((name): EngineProblem => {
      const hint = missing.length > 0 ? didYouMean(name, missing) : undefined
      return {
        code: 'contract/column-extra',
        message: `${subject}: column '${name}' is not in the contract`,
        ...places.column(found.indexOf(name)),
        ...(hint && { hint }),
      }
    }),
    ...twice.map((name): EngineProblem => ({
      code: 'contract/column-extra',
      message: `${subject}: the query gives column '${name}' twice`,
      ...places.column(found.lastIndexOf(name)),
    })),
    ...typeProblems(table, columns, nulls, places),
  ]
}

function typeProblems(
  table: DeclaredTable,
  columns: readonly BoundColumn[],
  nulls: ReadonlySet<string>,
  places: OutputPlaces,
): EngineProblem[] {
  return table.columns.flatMap(({ name, type }): EngineProblem[] => {
    const at = columns.findIndex((item) => item.name === name)
    const column = columns[at]
    if (!column || nulls.has(name)) return []
    const [from, to] = [foundType(column.type), parseType(type)]
    if (fits(from, to, 'checked')) return []
    const cast = /^\w+$/.test(name) ? name : quoteName(name)
    return [
      {
        code: 'contract/type-mismatch',
        message: `output table '${table.name}': column '${name}' is ${typeText(from)} but ${typeText(to)} is declared`,
        ...places.column(at),
        hint: `write CAST(${cast} AS ${typeText(to)})`,
      },
    ]
  })
}

/**
 * Columns that are the literal NULL, or a parameter that is: DuckDB calls them INTEGER, and they fit any type.
 */
export function nullColumns(parsed: ParsedQuery, query: RenderedQuery): ReadonlySet<string> {
  const list = parsed.node['select_list']
  const items = parsed.node['type'] === 'SELECT_NODE' && Array.isArray(list) ? list.filter(isTreeNode) : []
  const names = items.filter((item) => {
    if (item['type'] === 'VALUE_PARAMETER') return query.params[Number(item['identifier']) - 1] === null
    return item['type'] === 'VALUE_CONSTANT' && isTreeNode(item['value']) && item['value']['is_null'] === true
  })
  return new Set(names.map((item) => textIn(item, 'alias')))
}
