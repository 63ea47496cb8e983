import type { DeclaredCheck, DeclaredColumn, DeclaredTable } from '../../contract/spec.ts'
import { quoteName, quoteText } from './sql-text.ts'
import { typeSql } from './types.ts'

/** A condition as SQL that stands anywhere; the line break ends a comment. */
export function conditionSql(condition: string): string {
  return `((${condition}\n))`
}

/** Tables that checks read beside their own, as SQL, by name; those that are absent are not there. */
export type Others = { readonly [table: string]: string }

/**
 * What is true of a row that breaks a check, over a relation with the alias `s`; NULL and false are good. Undefined
 * for checks of whole tables, and for references to a table that is not there.
 */
export function brokenSql(
  check: DeclaredCheck,
  table: DeclaredTable,
  others: Others = {},
): string | undefined {
  switch (check.kind) {
    case 'row':
      return `NOT ${conditionSql(check.condition)}`
    case 'oneOf': {
      const values = check.values.map((value) => literal(table, check.column, value))
      return `${quoteName(check.column)} NOT IN (${values.join(', ')})`
    }
    case 'range': {
      const { column, min, max } = check
      const less = min === undefined ? [] : [`${quoteName(column)} < ${literal(table, column, min)}`]
      const more = max === undefined ? [] : [`${quoteName(column)} > ${literal(table, column, max)}`]
      return `(${[...less, ...more].join(' OR ')})`
    }
    case 'matches':
      return `NOT regexp_matches(${quoteName(check.column)}, ${quoteText(check.pattern)}, ${quoteText(check.flags)})`
    case 'reference': {
      const other = others[check.table]
      if (other === undefined) return undefined
      const column = `s.${quoteName(check.column)}`
      const values = `(SELECT ${quoteName(check.to)} AS v FROM ${other})`
      return `(${column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${values} AS r WHERE r.v = ${column}))`
    }
    default:
      return undefined
  }
}

function literal(table: DeclaredTable, column: string, text: string): string {
  const type = table.columns.find(({ name }) => name === column)?.type ?? 'VARCHAR'
  return `CAST(${quoteText(text)} AS ${typeSql(type)})`
}

/** A column as a NULL of its type. */
export function nullOf({ name, type }: DeclaredColumn): string {
  return `CAST(NULL AS ${typeSql(type)}) AS ${quoteName(name)}`
}
