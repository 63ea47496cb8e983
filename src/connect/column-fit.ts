import type { Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { parseSqlType, type SqlType } from '../contract/sql-type.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { SqlColumn, SqlConnection } from './connection.ts'

/** What is wrong with the columns that a source declares, against those that its table or query has. */
export function columnProblems(
  source: DeclaredSource,
  found: readonly SqlColumn[],
  kind: SqlConnection['kind'],
): Problem[] {
  const names = found.map(({ name }) => name)
  const about = { ...(source.where && { where: source.where }) }
  return source.columns.flatMap(({ name, type }): Problem[] => {
    const same = found.filter((column) => column.name === name)
    const [column] = same
    const said = `source '${source.name}': the column '${name}'`
    if (!column) {
      const hint = didYouMean(name, names)
      return [{ code: 'source/columns', message: `${said} is missing`, ...about, hint }]
    }
    if (same.length > 1) return [{ code: 'source/columns', message: `${said} stands twice`, ...about }]
    // A value of SQLite may be of any type, whatever its column says: values are looked at when they are read.
    if (kind === 'sqlite' || fits(column.type, parseSqlType(type))) return []
    return [
      {
        code: 'contract/type-mismatch',
        message: `${said} is ${column.type} in the database but ${type} is declared`,
        ...about,
        hint: hintFor(column.type),
      },
    ]
  })
}

const wholes: Readonly<Record<string, readonly string[]>> = {
  smallint: ['SMALLINT', 'INTEGER', 'BIGINT', 'FLOAT', 'DOUBLE'],
  integer: ['INTEGER', 'BIGINT', 'DOUBLE'],
  bigint: ['BIGINT'],
  oid: ['BIGINT'],
}

const digits: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19, oid: 10 }

const others: Readonly<Record<string, readonly string[]>> = {
  boolean: ['BOOLEAN'],
  real: ['FLOAT', 'DOUBLE'],
  'double precision': ['DOUBLE'],
  date: ['DATE'],
  uuid: ['UUID'],
  bytea: ['BLOB'],
  json: ['JSON'],
  jsonb: ['JSON'],
  'time without time zone': ['TIME'],
  'timestamp without time zone': ['TIMESTAMP'],
  'timestamp with time zone': ['TIMESTAMP WITH TIME ZONE'],
}

/** Whether all values of a type of PostgreSQL, or all that are not told one by one, can be of a type of contracts. */
function fits(found: string, declared: SqlType): boolean {
  if (found.endsWith('[]'))
    return isText(declared) || (declared.kind === 'list' && fits(found.slice(0, -2), innermost(declared)))
  if (isText(declared)) return true
  // The places for parts of a second are no matter: contracts keep all six.
  const type = found.replace(/\(\d\)(?= with)|(?<=^time(?:stamp)?)\(\d\)/, '')
  const numeric = /^numeric(?:\((\d+),(-?\d+)\))?$/.exec(type)
  if (numeric) return numericFits(numeric[1], numeric[2], declared)
  const size = digits[type]
  if (size !== undefined && declared.kind === 'decimal') return declared.precision - declared.scale >= size
  return declared.kind === 'plain' && (wholes[type] ?? others[type] ?? []).includes(declared.name)
}

/** A `numeric` without a size is looked at value by value. */
function numericFits(precision: string | undefined, scale: string | undefined, declared: SqlType): boolean {
  if (declared.kind === 'decimal') {
    if (precision === undefined) return true
    const places = Math.max(0, Number(scale))
    return (
      declared.scale >= places && declared.precision - declared.scale >= Number(precision) - Number(scale)
    )
  }
  return (
    declared.kind === 'plain' &&
    declared.name === 'BIGINT' &&
    (precision === undefined || (Number(scale) === 0 && Number(precision) <= 18))
  )
}

/** The server tells no dimensions: `integer[]` may be a list of lists. */
function innermost(type: SqlType): SqlType {
  return type.kind === 'list' ? innermost(type.item) : type
}

function isText(type: SqlType): boolean {
  return type.kind === 'plain' && type.name === 'VARCHAR'
}

function hintFor(type: string): string {
  const numeric = /^numeric\((\d+),(\d+)\)$/.exec(type)
  if (numeric) return `declare it as t.decimal(${numeric[1]}, ${numeric[2]}), and convert it in a query`
  return `declare a type that keeps all of its values, or cast it in the source's own query`
}
