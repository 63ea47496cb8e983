import { readFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'

/**
 * The baseline: one process that runs SQL statements one after the other and does nothing else. It is plain
 * JavaScript, so that no loader counts.
 *
 * `node bench/duckdb-only.mjs statements.json`
 */
const { settings, statements } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const instance = await DuckDBInstance.create(':memory:', settings)
const connection = await instance.connect()
const begun = performance.now()
for (const statement of statements) await connection.run(statement)
const statementsMs = performance.now() - begun
connection.closeSync()
instance.closeSync()
process.stdout.write(JSON.stringify({ openMs: begun, statementsMs }))
