import { InternalError } from '../../base/problem.ts'
import type { DiffRequest, DiffSide } from '../table-diff.ts'
import { commonType } from './common-type.ts'
import { filesSql } from './files-sql.ts'
import { quoteName } from './sql-text.ts'
import { typeSql } from './types.ts'

/** A column that both sides have, and the type in which it is compared. */
export interface SharedColumn {
  readonly name: string
  readonly type: string
  /** Its name in the queries: names of columns cannot clash with ours then. */
  readonly alias: string
}

/** The columns of a request as its queries call them: `k0`, `k1`, ... for the key, `c0`, ... for the others. */
export interface SharedColumns {
  readonly key: readonly SharedColumn[]
  readonly others: readonly SharedColumn[]
}

export function sharedColumns({ before, after, key, columns }: DiffRequest): SharedColumns {
  const shared = (name: string, alias: string): SharedColumn => ({
    name,
    alias,
    type: commonType(typeOf(before, name), typeOf(after, name)),
  })
  return {
    key: key.map((name, at) => shared(name, `k${at}`)),
    others: columns.map((name, at) => shared(name, `c${at}`)),
  }
}

/** The declared type of a column of a side, in one spelling. */
export function typeOf(side: DiffSide, name: string): string {
  const column = side.columns.find((each) => each.name === name)
  if (column === undefined) throw new InternalError(`column '${name}' is compared, but one side lacks it`)
  return typeSql(column.type)
}

/** A side as a relation of shared columns in their common types, and `present`, which is true. */
export function sideSql(side: DiffSide, columns: readonly SharedColumn[]): string {
  const values = columns.map(({ name, type, alias }) => {
    const value = `CAST(${quoteName(name)} AS ${typeOf(side, name)})`
    return `CAST(${value} AS ${type}) AS ${alias}`
  })
  return `(SELECT ${['true AS present', ...values].join(', ')} FROM ${filesSql(side)})`
}

/** That two relations agree in some columns; NULL agrees with NULL. */
export function agreeSql(one: string, two: string, aliases: readonly string[]): string {
  return aliases.map((alias) => `${one}.${alias} IS NOT DISTINCT FROM ${two}.${alias}`).join(' AND ')
}

/** Columns as one value that orders as they do, by `min(..., n)` for instance. */
export function structSql(fields: readonly { readonly name: string; readonly value: string }[]): string {
  return `{${fields.map(({ name, value }) => `'${name}': ${value}`).join(', ')}}`
}

/** A key as one value, and how to take it apart again. */
export interface KeyValue {
  readonly sql: string
  /** The columns of a value that is called `k`. */
  readonly parts: readonly string[]
}

/**
 * One column that is never NULL stands for itself, at half the cost of a struct in aggregates; a NULL would be
 * passed over by them.
 */
export function keyValue({ before, after }: DiffRequest, key: readonly SharedColumn[]): KeyValue {
  const [only] = key
  const never = (side: DiffSide, name: string) =>
    side.columns.some((column) => column.name === name && !column.nullable)
  if (only && key.length === 1 && never(before, only.name) && never(after, only.name))
    return { sql: only.alias, parts: [`k AS ${only.alias}`] }
  return {
    sql: structSql(key.map(({ alias }) => ({ name: alias, value: alias }))),
    parts: key.map(({ alias }) => `k.${alias} AS ${alias}`),
  }
}
