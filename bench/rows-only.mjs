import { availableParallelism } from 'node:os'
import {
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBTimestampValue,
  DOUBLE,
  INTEGER,
  TIMESTAMP,
  VARCHAR,
} from '@duckdb/node-api'

/**
 * The baseline of rows between DuckDB and JavaScript: the same rows through the plain API. Prints milliseconds.
 *
 * `node bench/rows-only.mjs rows.parquet <rows>`
 */
const [file, count] = [process.argv[2], Number(process.argv[3])]
const instance = await DuckDBInstance.create(':memory:', { threads: String(availableParallelism()) })
const connection = await instance.connect()
const query = `FROM read_parquet('${file}')`

async function timed(work) {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

/** Row objects as the API makes them. */
async function rowObjects() {
  let sum = 0
  for await (const rows of (await connection.stream(query)).yieldRowObjects())
    for (const row of rows) sum += row.amount
  return sum
}

/** Columns of chunks, values as they come. */
async function chunks() {
  const result = await connection.stream(query)
  let sum = 0
  for (
    let chunk = await result.fetchChunk();
    chunk && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    const [, amounts] = chunk.getColumns()
    for (const amount of amounts) sum += amount
  }
  return sum
}

const start = Date.UTC(2024, 0, 1)
const names = Array.from({ length: 1000 }, (_, n) => `name ${n}`)
const types = [INTEGER, DOUBLE, VARCHAR, TIMESTAMP]

/** The fastest way in: chunks by column to an appender. */
async function insert() {
  await connection.run('CREATE TABLE copied (id INTEGER, amount DOUBLE, name VARCHAR, "at" TIMESTAMP)')
  const appender = await connection.createAppender('copied')
  for (let from = 0; from < count; from += 2048) {
    const ids = Array.from({ length: Math.min(2048, count - from) }, (_, at) => from + at)
    const chunk = DuckDBDataChunk.create(types, ids.length)
    chunk.setColumns([
      ids,
      ids.map((id) => id / 7),
      ids.map((id) => names[id % 1000]),
      ids.map((id) => new DuckDBTimestampValue(BigInt(start + id * 1000) * 1000n)),
    ])
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}

process.stdout.write(
  JSON.stringify({
    rows: await timed(rowObjects),
    batches: await timed(chunks),
    insert: await timed(insert),
  }),
)
