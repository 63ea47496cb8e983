import {
  BIGINT,
  blobValue,
  BLOB,
  BOOLEAN,
  DOUBLE,
  HUGEINT,
  INTEGER,
  LIST,
  listValue,
  SQLNULL,
  TIMESTAMP,
  timestampValue,
  VARCHAR,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import { ProblemError } from '../../base/problem.ts'
import { fromWire, type Json } from '../../base/wire.ts'

/** Values of `$1`, `$2`, ... with their types. */
export interface Params {
  readonly values: DuckDBValue[]
  readonly types: DuckDBType[]
}

/** How a kind of value is bound, from the narrowest type to the widest. */
const widths = [INTEGER, BIGINT, HUGEINT] as const

/**
 * Parameters from their wire form. A whole number is an INTEGER or BIGINT as a literal would be, another number
 * a DOUBLE, a Date a TIMESTAMP in UTC. Throws a ProblemError (`query/value`) for a list of mixed values.
 */
export function bindParams(params: readonly Json[]): Params {
  const bound = params.map((param) => bind(fromWire(param)))
  return { values: bound.map(({ value }) => value), types: bound.map(({ type }) => type) }
}

interface Bound {
  readonly value: DuckDBValue
  readonly type: DuckDBType
}

function bind(value: unknown): Bound {
  if (value === null) return { value: null, type: SQLNULL }
  if (typeof value === 'boolean') return { value, type: BOOLEAN }
  if (typeof value === 'string') return { value, type: VARCHAR }
  if (typeof value === 'number' || typeof value === 'bigint') return bindNumber(value)
  if (value instanceof Date)
    return { value: timestampValue(BigInt(value.getTime()) * 1000n), type: TIMESTAMP }
  if (value instanceof Uint8Array) return { value: blobValue(value), type: BLOB }
  if (Array.isArray(value)) return bindList(value)
  throw new ProblemError({ code: 'query/value', message: 'a plain object cannot stand in a query' })
}

function bindNumber(value: number | bigint): Bound {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return { value, type: DOUBLE }
  const whole = BigInt(value)
  const type = widths[wholeWidth(whole)] ?? HUGEINT
  return { value: type === INTEGER ? Number(whole) : whole, type }
}

function wholeWidth(value: bigint): number {
  if (BigInt.asIntN(32, value) === value) return 0
  return BigInt.asIntN(64, value) === value ? 1 : 2
}

function bindList(list: readonly unknown[]): Bound {
  const items = list.map(bind)
  const types = [...new Set(items.map(({ type }) => type).filter((type) => type !== SQLNULL))]
  const type = types.length > 1 ? commonNumber(types) : (types[0] ?? SQLNULL)
  const values = items.map(({ value }) => (value === null ? null : asType(value, type)))
  return { value: listValue(values), type: LIST(type) }
}

function commonNumber(types: readonly DuckDBType[]): DuckDBType {
  const numbers: readonly DuckDBType[] = [...widths, DOUBLE]
  if (!types.every((type) => numbers.includes(type))) {
    throw new ProblemError({
      code: 'query/value',
      message: 'a list of values of different types cannot stand in a query',
    })
  }
  if (types.includes(DOUBLE)) return DOUBLE
  return types.includes(HUGEINT) ? HUGEINT : BIGINT
}

function asType(value: DuckDBValue, type: DuckDBType): DuckDBValue {
  if (type === DOUBLE) return Number(value)
  return (type === BIGINT || type === HUGEINT) && typeof value === 'number' ? BigInt(value) : value
}
