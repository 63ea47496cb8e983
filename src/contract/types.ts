import { ProblemError } from '../base/problem.ts'
import { callSite } from '../base/site.ts'
import { Column, type AnyColumn, type Columns, type Row } from './column.ts'

const plain = <S extends string, T>(sql: S): Column<S, T> =>
  new Column<S, T>(sql, { type: sql.replace(/ NULL\b/g, ''), nullable: false })

type Fields<F extends Columns> = { [K in keyof F & string]: `"${K}" ${F[K]['sql']}` }[keyof F & string]

/**
 * The column types. Each fixes the SQL type, how Parquet keeps it, and what a row holds in TypeScript.
 * Types that some engine cannot keep without loss (HUGEINT, INTERVAL, nanoseconds) are left out on purpose.
 */
export const t = {
  boolean: () => plain<'BOOLEAN', boolean>('BOOLEAN'),
  tinyint: () => plain<'TINYINT', number>('TINYINT'),
  smallint: () => plain<'SMALLINT', number>('SMALLINT'),
  integer: () => plain<'INTEGER', number>('INTEGER'),
  /** 64 bits: a bigint in TypeScript. `.asNumber()` gives a number. */
  bigint: () => plain<'BIGINT', bigint>('BIGINT'),
  float: () => plain<'FLOAT', number>('FLOAT'),
  double: () => plain<'DOUBLE', number>('DOUBLE'),
  /** Exact: a string in TypeScript. `.asNumber()` gives a number. Precision up to 38 digits. */
  decimal: <P extends number, D extends number>(precision: P, scale: D) => {
    checkDecimal(precision, scale)
    return plain<`DECIMAL(${P},${D})`, string>(`DECIMAL(${precision},${scale})`)
  },
  varchar: () => plain<'VARCHAR', string>('VARCHAR'),
  /** Text that is JSON. */
  json: () => plain<'JSON', string>('JSON'),
  blob: () => plain<'BLOB', Uint8Array>('BLOB'),
  uuid: () => plain<'UUID', string>('UUID'),
  /** A day: a Date at midnight UTC. */
  date: () => plain<'DATE', Date>('DATE'),
  /** Time of day, `HH:MM:SS.ffffff`. */
  time: () => plain<'TIME', string>('TIME'),
  /** A time without a zone, read as UTC. A value with microseconds needs `.micros()`. */
  timestamp: () => plain<'TIMESTAMP', Date>('TIMESTAMP'),
  /** A moment. A value with microseconds needs `.micros()`. */
  timestamptz: () => plain<'TIMESTAMP WITH TIME ZONE', Date>('TIMESTAMP WITH TIME ZONE'),
  list: <S extends string, T>(item: Column<S, T>) => plain<`${S}[]`, readonly T[]>(`${item.sql}[]`),
  struct: <const F extends Columns>(fields: F) => {
    const text = Object.entries(fields).map(([name, field]) => `"${name.replaceAll('"', '""')}" ${field.sql}`)
    return plain<`STRUCT(${Fields<F>})`, Row<F>>(`STRUCT(${text.join(', ')})` as `STRUCT(${Fields<F>})`)
  },
} as const

/** The SQL types that a contract may name, for what comes from outside TypeScript. */
export function columnOfType(type: string): AnyColumn | undefined {
  const upper = type.trim().toUpperCase()
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(upper)
  if (decimal) return t.decimal(Number(decimal[1]), Number(decimal[2]))
  if (upper.endsWith('[]')) {
    const item = columnOfType(type.trim().slice(0, -2))
    return item && t.list(item)
  }
  return simple[upper]?.()
}

const simple: Readonly<Record<string, (() => AnyColumn) | undefined>> = {
  BOOLEAN: t.boolean,
  TINYINT: t.tinyint,
  SMALLINT: t.smallint,
  INTEGER: t.integer,
  BIGINT: t.bigint,
  FLOAT: t.float,
  DOUBLE: t.double,
  VARCHAR: t.varchar,
  JSON: t.json,
  BLOB: t.blob,
  UUID: t.uuid,
  DATE: t.date,
  TIME: t.time,
  TIMESTAMP: t.timestamp,
  'TIMESTAMP WITH TIME ZONE': t.timestamptz,
}

function checkDecimal(precision: number, scale: number): void {
  const good = Number.isInteger(precision) && Number.isInteger(scale) && precision >= 1 && precision <= 38
  if (good && scale >= 0 && scale <= precision) return
  throw new ProblemError({
    code: 'contract/type-unknown',
    message: `DECIMAL(${precision},${scale}) is not a type: precision is 1 to 38, scale 0 to the precision`,
    where: callSite(),
  })
}
