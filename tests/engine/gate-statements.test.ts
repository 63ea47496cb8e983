import { readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { renderQuery } from '../../src/contract/render.ts'
import { Sql } from '../../src/contract/sql.ts'
import { t } from '../../src/contract/types.ts'
import { Connection } from '../../src/engine/duckdb/connection.ts'
import { readFunctions } from '../../src/engine/duckdb/functions.ts'
import { openReader, type Reader } from '../../src/engine/duckdb/reader.ts'
import {
  contract,
  listed,
  openRig,
  parquetInput,
  rowsOf,
  told,
  withSession,
  writeRows,
  type Rig,
} from './kit.ts'
import { fromFirst, queries, statements } from './statements.ts'

/**
 * Every statement and every function that the bundled DuckDB knows. What there is comes from DuckDB itself, so that
 * those of a new version fail here until somebody has judged them.
 */

let rig: Rig
let reader: Reader
let instance: DuckDBInstance
let plain: DuckDBConnection
let file: string
let canary: Buffer
const columns = { id: t.bigint(), name: t.varchar() }
beforeAll(async () => {
  rig = await openRig()
  reader = await openReader({ memory: '500MB', threads: 1, tempFolder: path.join(rig.folder, 'reader') })
  instance = await DuckDBInstance.create(':memory:')
  plain = await instance.connect()
  file = await writeRows(rig, contract('t', columns), [{ id: 1n, name: 'canary' }])
  canary = await readFile(file)
})
afterAll(async () => {
  plain.closeSync()
  instance.closeSync()
  await reader.close()
  await rig.close()
})

/** The Problems that a query is refused with as `code: message`, none when it passes. Any other error is thrown. */
type Gate = (text: string) => Promise<readonly string[]>

async function refusals(work: Promise<unknown>): Promise<readonly string[]> {
  try {
    await work
    return []
  } catch (error) {
    const problems = problemsOf(error)
    if (!problems) throw error
    return told(problems)
  }
}

const asked = (text: string) => renderQuery(new Sql([text], []))
const inputs = () => [parquetInput('raw', columns, [file])]

/** All ways in which a text of a user becomes a query. */
const gates: readonly (readonly [string, Gate])[] = [
  [
    'db.query of a run',
    (text) =>
      refusals(withSession(rig, { inputs: inputs() }, (session) => rowsOf(session.query(asked(text))))),
  ],
  [
    'db.query of a run that is volatile and external',
    (text) =>
      refusals(
        withSession(rig, { inputs: inputs(), volatile: true, external: true }, (session) =>
          rowsOf(session.query(asked(text))),
        ),
      ),
  ],
  [
    'select, and write of a run',
    async (text) => {
      const output = { handle: 'out', table: contract('t', { a: t.integer() }), folder: await rig.fresh() }
      return refusals(
        withSession(rig, { inputs: inputs(), outputs: [output] }, (session) =>
          session.write('out', asked(text)),
        ),
      )
    },
  ],
  [
    'check',
    async (text) => {
      const { problems } = await rig.engine.analyse({
        query: asked(text),
        inputs: [],
        volatile: false,
        lineage: false,
      })
      return told(problems)
    },
  ],
  [
    'sluice query',
    async (text) => {
      const all = async () => {
        const { rows } = await reader.adHoc({ text }, listed({ 'silver.t': [file] }))
        for await (const row of rows) void row
      }
      return refusals(all())
    },
  ],
]

/** What a gate lets pass of texts that must be refused as no single SELECT. */
async function letThrough(
  gate: Gate,
  texts: readonly string[],
  refusal = /^query\/statement: /,
): Promise<string[]> {
  const passed: string[] = []
  for (const text of texts) if (!(await gate(text)).some((each) => refusal.test(each))) passed.push(text)
  return passed
}

const OUT = () => path.join(rig.folder, 'out')
const filled = (text: string) => text.replaceAll('OUT', OUT()).replaceAll('FILE', file)
const forbidden = () => Object.values(statements).flat().map(filled)

describe('statements', () => {
  it('are all those that DuckDB can begin', async () => {
    const rows = (await plain.runAndReadAll("FROM sql_auto_complete('')")).getRowObjects()
    const words = rows.map(({ suggestion }) => String(suggestion).trim())
    expect(words.length).toBeGreaterThan(40)
    const known = new Set([...Object.keys(statements), ...queries])
    expect(words.filter((word) => !known.has(word))).toEqual([])
  })

  it('are ones that DuckDB would run, each of them', async () => {
    for (const text of forbidden()) {
      const { count } = await plain.extractStatements(text).catch((error: unknown) => {
        // IMPORT opens its folder when it is parsed.
        expect(String(error)).toMatch(/IO Error: Cannot open file/)
        return { count: 1 }
      })
      expect(count, text).toBeGreaterThan(0)
    }
  })

  it.each(gates)('are refused but for one SELECT: %s', async (_, gate) => {
    expect(await letThrough(gate, forbidden())).toEqual([])
    expect(existsSync(OUT())).toBe(false)
    expect((await readFile(file)).equals(canary)).toBe(true)
  })

  it.each(gates)('are allowed when they are one SELECT: %s', async (_, gate) => {
    for (const text of fromFirst) expect(await gate(text), text).toEqual([])
  })

  it('pass a gate that looks at the first word only, and this look finds it', async () => {
    const firstWord: Gate = (text) =>
      Promise.resolve(/^\s*(select|with|from|table|values|\()/i.test(text) ? [] : ['query/statement: no'])
    const passed = await letThrough(firstWord, forbidden())
    expect(passed.length).toBeGreaterThan(10)
    expect(passed).toContain(filled("SELECT 1; COPY (SELECT 1) TO 'OUT'"))
    expect(passed).toContain('FROM (SHOW ALL TABLES)')
    expect(passed).toContain('WITH x AS (SELECT 1 AS i) INSERT INTO t FROM x')
  })
})

/** Every name of a kind of functions, in order. */
async function namesOf(...kinds: readonly string[]): Promise<string[]> {
  const list = kinds.map((kind) => `'${kind}'`).join(', ')
  const result = await plain.runAndReadAll(
    `SELECT DISTINCT function_name AS name FROM duckdb_functions() WHERE function_type IN (${list}) ORDER BY ALL`,
  )
  return result.getRowObjects().map(({ name }) => String(name))
}

describe('table functions', () => {
  const pure = ['generate_series', 'json_each', 'json_tree', 'range', 'repeat', 'repeat_row', 'unnest']
  const readers =
    'glob parquet_file_metadata parquet_metadata parquet_scan parquet_schema read_blob ' +
    'read_csv read_csv_auto read_json read_json_auto read_json_objects read_ndjson ' +
    'read_ndjson_auto read_ndjson_objects read_parquet read_text sniff_csv'
  const ways: readonly ((name: string) => string)[] = [
    (name) => `SELECT 1 FROM ${name}('x')`,
    (name) => `SELECT * FROM main."${name.toUpperCase()}"()`,
    (name) => `SELECT 1 FROM range(1) AS r, LATERAL ${name}(r.range)`,
    (name) => `SELECT (SELECT count(*) FROM ${name}('x'))`,
  ]

  it.each(gates)('are refused unless they only make rows: %s', async (where, gate) => {
    const names = await namesOf('table', 'table_macro')
    expect(names.length).toBeGreaterThan(80)
    for (const way of ways) {
      // All that is wrong is told at once, each by its name.
      const refused = new Set(
        (await gate(names.map(way).join(' UNION ALL '))).map((each) => /(\w+)\(\)/.exec(each)?.[1]),
      )
      const open = names.filter((name) => !refused.has(name))
      expect(open).toEqual(where.includes('external') ? [...pure, ...readers.split(' ')].toSorted() : pure)
    }
  })

  it('are not called by PRAGMA either', async () => {
    const names = await namesOf('pragma')
    expect(names.length).toBeGreaterThan(30)
    const texts = names.flatMap((name) => [`PRAGMA ${name}`, `PRAGMA ${name}('x')`])
    // Some do not even parse.
    for (const [, gate] of gates)
      expect(await letThrough(gate, texts, /^query\/(statement|parse): /)).toEqual([])
  })
})

describe('functions of values', () => {
  it('have all been judged', async () => {
    const connection = await Connection.open(instance)
    const functions = await readFunctions(connection)
    await connection.close()
    const judged: Record<string, string[]> = { free: [], volatile: [], forbidden: [] }
    for (const name of await namesOf('scalar', 'aggregate', 'macro'))
      judged[functions.use(name, 2)]?.push(name)
    const golden = await readFile(new URL('functions.golden.txt', import.meta.url), 'utf8')
    const parts = golden.split(/^# (\w+)$/m).slice(1)
    const known = Object.fromEntries(
      Object.keys(judged).map((use) => [use, (parts[parts.indexOf(use) + 1] ?? '').trim().split(/\s+/)]),
    )
    // A new function that only looks at its arguments goes under `free`; any other into src/engine/duckdb/functions.ts.
    expect(judged).toEqual(known)
  })

  it.each([
    ["SELECT getenv('HOME')", 'query/function-forbidden'],
    ["SELECT getvariable('x')", 'query/function-forbidden'],
    ["SELECT current_setting('memory_limit')", 'query/function-forbidden'],
    ["SELECT COLUMNS(lambda c: c = getenv('HOME')) FROM range(1)", 'query/function-forbidden'],
    [
      "SELECT COLUMNS(lambda c: c IN (SELECT content FROM read_text('/etc/passwd')))",
      'query/function-forbidden',
    ],
    [
      "SELECT * EXCLUDE (a) REPLACE (getenv('HOME') AS b) FROM (SELECT 1 AS a, 2 AS b)",
      'query/function-forbidden',
    ],
    ['SELECT $$a$$ || getenv($$HOME$$)', 'query/function-forbidden'],
    ["SELECT list_aggr(['HOME'], 'getenv')", 'query'],
    ["FROM 'file.csv'", 'query/table-unknown'],
    ['FROM "file.parquet"', 'query/table-unknown'],
    ["SELECT 1 FROM 'https://example.org/file.parquet'", 'query/table-unknown'],
  ])('%s', async (text, code) => {
    for (const [name, gate] of gates) {
      const found = await gate(text)
      // Where files may be read, these are files that there are not.
      const reads = name.includes('external') && /read_text|FROM ['"]/.test(text)
      expect(found.join(' '), name).toMatch(reads ? /^(query|step)\// : code)
    }
  })
})
