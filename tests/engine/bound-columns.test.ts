import { afterAll, beforeAll, expect, it } from 'vitest'
import { DuckDBInstance } from '@duckdb/node-api'
import { boundColumns } from '../../src/engine/duckdb/bound-columns.ts'
import { Connection } from '../../src/engine/duckdb/connection.ts'
import { FaultError } from '../../src/engine/duckdb/faults.ts'
import { Parses } from '../../src/engine/duckdb/parses.ts'
import { describe } from '../../src/engine/duckdb/source-parquet.ts'

let connection: Connection
beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:', { errors_as_json: 'true' })
  connection = await Connection.open(instance)
})
afterAll(() => connection.close())

const words = (text: string) => text.split('; ')
const fast = words(
  'BOOLEAN; TINYINT; SMALLINT; INTEGER; BIGINT; HUGEINT; UTINYINT; USMALLINT; UINTEGER; UBIGINT; UHUGEINT; FLOAT; ' +
    'DOUBLE; VARCHAR; BLOB; DATE; TIME; TIMESTAMP; TIMESTAMPTZ; INTERVAL; UUID; DECIMAL(10, 2); DECIMAL(38, 0)',
)
const slow = words(
  "TIMESTAMP_NS; TIMESTAMP_S; TIMETZ; BIT; JSON; INTEGER[]; INTEGER[3]; ENUM('a', 'b'); MAP(VARCHAR, INTEGER); " +
    'STRUCT("a b" INTEGER, c VARCHAR); UNION(a INTEGER, b VARCHAR)',
)

it.each(fast)('%s is what DESCRIBE calls it', async (type) => {
  const query = `(SELECT CAST(NULL AS ${type}) AS "a ""b""", 1 AS one, 1 AS one)`
  const columns = await boundColumns(connection, query)
  expect(columns).toEqual(await describe(connection, query))
  expect(columns).toHaveLength(3)
})

it.each(slow)('%s is left to DESCRIBE, or called the same', async (type) => {
  const query = `(SELECT CAST(NULL AS ${type}) AS a)`
  expect([undefined, await describe(connection, query)]).toContainEqual(await boundColumns(connection, query))
})

it('a literal NULL is called what DESCRIBE calls it, or left to it', async () => {
  const query = '(SELECT NULL AS a)'
  expect([undefined, await describe(connection, query)]).toContainEqual(await boundColumns(connection, query))
})

it('a query that does not bind is a fault', async () => {
  await expect(boundColumns(connection, '(SELECT x FROM nothing)')).rejects.toBeInstanceOf(FaultError)
})

it('a text is parsed once as long as it is among the last', async () => {
  const parses = new Parses()
  const [first, again] = [
    await parses.parse(connection, 'SELECT 1'),
    await parses.parse(connection, 'SELECT 1'),
  ]
  expect(again).toBe(first)
  for (let at = 0; at < 64; at++) await parses.parse(connection, `SELECT ${at} AS other`)
  expect(await parses.parse(connection, 'SELECT 1')).not.toBe(first)
  expect(await parses.parse(connection, 'SELECT 1')).toEqual(first)
})
