import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderQuery } from '../../src/contract/render.ts'
import { Sql } from '../../src/contract/sql.ts'
import { t } from '../../src/contract/types.ts'
import { openReader, type Reader } from '../../src/engine/duckdb/reader.ts'
import {
  contract,
  handle,
  listed,
  openRig,
  parquetInput,
  problemsIn,
  rowsOf,
  withSession,
  writeQuery,
  writeRows,
  type Rig,
} from './kit.ts'

/** Each row is a way out of a query that somebody could think of. */

let rig: Rig
let reader: Reader
let files: string[]
let secret: string
const columns = { id: t.bigint(), user: t.varchar(), current_date: t.date().nullable() }
beforeAll(async () => {
  rig = await openRig()
  reader = await openReader({ memory: '500MB', threads: 1, tempFolder: path.join(rig.folder, 'reader') })
  const row = { id: 1n, user: 'ann', current_date: null }
  files = [await writeRows(rig, contract('t', columns), [row])]
  secret = await rig.file('secret.csv', 'a\ncanary\n')
})
afterAll(async () => {
  await reader.close()
  await rig.close()
})

const raw = handle('raw')
const other = handle('other')

/** A query with `@raw` for the handle; SECRET is the path of a file, OUT a path where none is. */
function query(text: string): Sql {
  const [first = '', ...more] = filled(text).split('@raw')
  return new Sql(
    [first, ...more],
    more.map(() => raw),
  )
}

const filled = (text: string) => text.replaceAll('SECRET', secret).replaceAll('OUT', `${rig.folder}/out.csv`)

function run(text: string, volatile: boolean): Promise<unknown[]> {
  const inputs = [parquetInput('raw', columns, files), parquetInput(other.handle, columns, files)]
  return withSession(rig, { inputs, volatile }, (session) => rowsOf(session.query(renderQuery(query(text)))))
}

async function ask(text: string): Promise<unknown[]> {
  const { rows } = await reader.adHoc({ text: filled(text) }, listed({ 'silver.t': files }))
  const all: unknown[] = []
  for await (const row of rows) all.push(row)
  return all
}

/** Refused in every query, also in one that may ask the clock and chance, and in those of `sluice query`. */
const outside: readonly (readonly [string, string])[] = [
  // Files, as relations by their names.
  ...[
    "FROM 'SECRET'",
    'FROM "SECRET"',
    "TABLE 'SECRET'",
    "SELECT (TABLE 'SECRET')",
    "FROM 'file://SECRET'",
    "SELECT * FROM 'SECRET' AS t(x)",
    "FROM '/etc/*.conf'",
    "SELECT 1 WHERE EXISTS (FROM 'SECRET')",
    "SELECT [(SELECT a FROM 'SECRET')]",
    "SELECT 1 ORDER BY (SELECT a FROM 'SECRET')",
    "SELECT 1 LIMIT (SELECT count(*) FROM 'SECRET')",
    "FROM range((SELECT count(*) FROM 'SECRET'))",
    "FROM range(2) POSITIONAL JOIN 'SECRET'",
    "FROM range(2) SEMI JOIN 'SECRET' ON true",
    "FROM (UNPIVOT 'SECRET' ON a)",
    "FROM (PIVOT 'SECRET' ON a IN ('x') USING count(*))",
    "WITH c AS MATERIALIZED (FROM 'SECRET') SELECT 1",
    "WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r, 'SECRET' WHERE n < 2) FROM r",
    "SELECT 1 UNION ALL SELECT a FROM 'SECRET'",
    "SELECT list_transform([1], lambda x: (SELECT a FROM 'SECRET'))",
    "SELECT count(*) FILTER (WHERE EXISTS (FROM 'SECRET'))",
    "SELECT 1 AS id QUALIFY row_number() OVER (ORDER BY (SELECT a FROM 'SECRET')) = 1",
    // What the catalog shows, by name.
    'FROM duckdb_tables',
    'FROM information_schema.tables',
    'FROM pg_catalog.pg_settings',
    'FROM sqlite_master',
    'FROM memory.main.t',
    // A name with a dot in it is one name, and does not stand for another.
    'WITH "main.duckdb_tables" AS (SELECT 1) FROM main.duckdb_tables',
    'WITH "information_schema.tables" AS (SELECT 1) FROM information_schema.tables',
    'WITH "pg_catalog.pg_settings" AS (SELECT 1) FROM pg_catalog.pg_settings',
    'WITH "system.main.duckdb_tables" AS (SELECT 1) FROM system.main.duckdb_tables',
    'WITH "recurring.x" AS (SELECT 1) FROM recurring.x',
    // CTEs that are not seen where they are named.
    'WITH duckdb_tables AS (SELECT table_name FROM duckdb_tables) FROM duckdb_tables',
    'WITH RECURSIVE duckdb_tables AS (SELECT table_name FROM duckdb_tables) FROM duckdb_tables',
    "WITH RECURSIVE r AS (SELECT '' AS n UNION ALL SELECT table_name FROM main.duckdb_tables) FROM r",
    '(WITH duckdb_tables AS (SELECT 1) FROM duckdb_tables) UNION ALL (SELECT 1 FROM duckdb_tables)',
    'WITH x AS (WITH duckdb_tables AS (SELECT 1 a) SELECT 2 b), y AS (FROM duckdb_tables) FROM y',
    'WITH a AS (SELECT (SELECT count(*) FROM b)), b AS (SELECT 1) FROM a',
  ].map((text) => [text, 'query/table-unknown'] as const),
  // Functions that read files, the catalog, settings or the process, and those that run text.
  ...[
    "FROM read_csv('SECRET')",
    "FROM READ_CSV('SECRET')",
    'FROM "read_csv"(\'SECRET\')',
    "FROM main.read_csv('SECRET')",
    "FROM system.main.read_csv('SECRET')",
    "FROM read_csv_auto('SECRET')",
    "FROM sniff_csv('SECRET')",
    "FROM read_text('SECRET')",
    "FROM read_blob('SECRET')",
    "FROM read_json_objects('SECRET')",
    "FROM parquet_scan('SECRET')",
    "FROM parquet_metadata('SECRET')",
    "FROM parquet_kv_metadata('SECRET')",
    "FROM read_duckdb('SECRET')",
    "FROM glob('/etc/*')",
    "SELECT (SELECT content FROM read_text('SECRET'))",
    "FROM seq_scan('duckdb_tables')",
    'FROM arrow_scan(1, 2, 3)',
    "FROM query('FROM duckdb_tables')",
    "FROM query_table(['duckdb_tables'])",
    "FROM json_execute_serialized_sql('{}')",
    'FROM duckdb_settings()',
    'FROM duckdb_secrets()',
    'FROM duckdb_logs()',
    'FROM duckdb_temporary_files()',
    'FROM pragma_database_size()',
    "FROM pragma_storage_info('t')",
    'FROM enable_logging()',
    'FROM checkpoint()',
    'FROM summary((SELECT 1))',
    "SELECT getenv('HOME')",
    "SELECT main.getenv('HOME')",
    "SELECT ('HOME').getenv()",
    "SELECT list_transform(['HOME'], lambda x: getenv(x))",
    "SELECT * REPLACE (getenv('HOME') AS a) FROM (SELECT 1 AS a)",
    "SELECT current_setting('threads')",
    "SELECT ('threads').current_setting()",
    "SELECT getvariable('x')",
    "SELECT json_serialize_plan('SELECT 1')",
    "SELECT nextval('s')",
    "SELECT currval('s')",
    'SELECT setseed(0.5)',
    "SELECT write_log('x')",
    'SELECT txid_current()',
    'SELECT current_connection_id()',
    'SELECT pg_sleep(1)',
    'SELECT sleep_ms(1)',
    'SELECT vector_type(1)',
    "SELECT list_aggr([1], 'reser' || 'voir_quantile', 0.5)",
  ].map((text) => [text, 'query/function-forbidden'] as const),
  // What is no SELECT, or several, or hides in one.
  ...[
    "COPY (SELECT 1) TO 'OUT'",
    "COPY t FROM 'SECRET'",
    "EXPORT DATABASE 'OUT'",
    'SET threads = 1',
    'SET VARIABLE a = 1',
    'RESET threads',
    'PRAGMA enable_profiling',
    'CALL pragma_version()',
    "ATTACH 'OUT' AS x",
    'INSTALL httpfs',
    'LOAD httpfs',
    'CREATE MACRO f() AS 1',
    'CREATE SEQUENCE s',
    "CREATE TABLE x AS FROM 'SECRET'",
    'INSERT INTO x VALUES (1)',
    'PREPARE p AS SELECT 1',
    'EXECUTE p',
    'BEGIN',
    'EXPLAIN ANALYZE SELECT 1',
    "DESCRIBE 'SECRET'",
    "SUMMARIZE 'SECRET'",
    'SHOW ALL TABLES',
    "FROM (SUMMARIZE 'SECRET')",
    'FROM (DESCRIBE duckdb_tables)',
    'FROM (SHOW ALL TABLES)',
    "SELECT 1; COPY (SELECT 1) TO 'OUT'",
    'SELECT 1 /* ; */; -- x\n SET threads = 1',
    '(SELECT 1); (SELECT 2)',
  ].map((text) => [text, 'query/statement'] as const),
  ...[
    "WITH x AS (COPY (SELECT 1) TO 'OUT') FROM x",
    "FROM (COPY (SELECT 1) TO 'OUT')",
    'FROM (CALL pragma_version())',
    'WITH x AS (INSERT INTO y VALUES (1) RETURNING *) FROM x',
    'SELECT * INTO x FROM range(1)',
    'SELECT 1) UNION (SELECT 2',
    'SELECT 1 /*',
    'SELECT 1\u0000; DROP TABLE x',
    'SELECT 1 \u0000 FROM nope',
    `SELECT ${'(SELECT '.repeat(900)}1${')'.repeat(900)}`,
    `SELECT ${'1 + '.repeat(5000)} 1`,
  ].map((text) => [text, 'query/parse'] as const),
  ...['SELECT $1', 'SELECT ?', 'SELECT $x', 'FROM range($7)'].map((text) => [text, 'query/bind'] as const),
]

/** Refused unless the query may ask the clock and chance. */
const changing: readonly string[] = [
  'SELECT "random"()',
  'SELECT RaNdOm ( )',
  'SELECT system.main.random()',
  'SELECT COLUMNS(c -> random() > 2) FROM @raw',
  'SELECT * REPLACE (random() AS id) FROM @raw',
  'SELECT DISTINCT ON (random()) id FROM @raw',
  'SELECT id FROM @raw LIMIT (SELECT CAST(random() * 10 AS BIGINT))',
  'SELECT id FROM @raw LIMIT 1 OFFSET CAST(random() AS BIGINT)',
  'SELECT sum(id ORDER BY random()) FROM @raw',
  'SELECT sum(id) OVER (PARTITION BY random()) FROM @raw',
  'SELECT sum(id) OVER w FROM @raw WINDOW w AS (ORDER BY random())',
  'SELECT sum(id) OVER (ROWS BETWEEN CAST(random() AS INT) PRECEDING AND CURRENT ROW) FROM @raw',
  'SELECT lag(id, CAST(random() AS INT)) OVER () FROM @raw',
  'SELECT lag(id, 1, CAST(random() AS INT)) OVER () FROM @raw',
  'SELECT id FROM @raw QUALIFY random() > 0.5',
  'SELECT id FROM @raw GROUP BY id, random()',
  'SELECT id FROM @raw GROUP BY GROUPING SETS ((id), (random()))',
  'SELECT id FROM @raw GROUP BY id HAVING random() > 0',
  'VALUES (random())',
  "SELECT {'a': random()}",
  "SELECT MAP {'a': random()}",
  'SELECT [random() FOR x IN [1]]',
  'SELECT [x FOR x IN [1] IF random() > 0]',
  'SELECT x: random()',
  'SELECT INTERVAL (random()) DAYS',
  "SELECT substring('abc' FROM CAST(random() AS INT))",
  "SELECT 'a' LIKE 'b' ESCAPE CAST(random() AS VARCHAR)",
  'SELECT TRY(random())',
  'SELECT 1 = ANY(SELECT random())',
  'SELECT [1, 2][CAST(random() AS INT)]',
  'FROM @raw AS a JOIN @raw AS b ON random() > 0.5',
  'FROM @raw AS a, LATERAL (SELECT random())',
  'FROM generate_series(0, CAST(random() AS INT))',
  'FROM unnest([random()])',
  'FROM @raw USING SAMPLE 1',
  'FROM (FROM @raw USING SAMPLE 10% (bernoulli))',
  'FROM range(3) TABLESAMPLE 10%',
  "SELECT (DATE '2020-01-01').age()",
  'SELECT reservoir_quantile(id, 0.5) FROM @raw',
  // An aggregate by its name, in each function that takes one.
  "SELECT list_aggr([1, 2], 'reservoir_quantile', 0.5)",
  "SELECT list_aggregate([1, 2], 'RESERVOIR_QUANTILE', 0.5)",
  "SELECT [1, 2].aggregate('reservoir_quantile', 0.5)",
  "SELECT array_aggr([1, 2], 'reservoir_quantile', 0.5)",
  "SELECT array_aggregate([1, 2], 'reservoir_quantile', 0.5)",
  // A column of that name hides the clock in one place and not in the other.
  'SELECT current_date FROM @raw UNION ALL SELECT current_date',
  'SELECT current_localtimestamp()',
  'SELECT uuidv7()',
]

describe('a query that reaches outside is refused', () => {
  it.each(outside)('%s', async (text, code) => {
    for (const volatile of [false, true]) {
      const problems = await problemsIn(run(text, volatile))
      expect(problems.map((problem) => problem.code)).toContain(code)
    }
    const problems = await problemsIn(ask(text))
    expect(problems.map((problem) => problem.code)).toContain(code)
    expect(existsSync(filled('OUT'))).toBe(false)
  })
})

describe('a query that changes from run to run is refused, unless it may', () => {
  it.each(changing)('%s', async (text) => {
    const problems = await problemsIn(run(text, false))
    expect([...new Set(problems.map(({ code }) => code))]).toEqual(['query/volatile'])
    // Then it runs, or does not bind for another reason.
    const allowed = await run(text, true).then(
      () => [],
      () => problemsIn(run(text, true)),
    )
    expect(allowed.map(({ code }) => code)).not.toContain('query/volatile')
  })
})

describe('names that are no handles are refused', () => {
  it.each([
    'FROM "@other"',
    'FROM "@RAW", @raw',
    'FROM temp.@raw, @raw',
    'FROM temp.main.@raw, @raw',
    'FROM "@output out"',
    'FROM raw, @raw',
    'FROM @raw AT (VERSION => (SELECT 1 FROM duckdb_tables))',
    'FROM \u201craw\u201d',
    'WITH a AS (SELECT 1) (WITH b AS (SELECT 2) FROM b) UNION ALL FROM b',
  ])('%s', async (text) => {
    const [problem] = await problemsIn(run(text, true))
    expect(problem!.code).toBe('query/table-unknown')
  })
})

describe('a good query is let through', () => {
  it.each([
    ['WITH "@other" AS (SELECT 7 AS a) FROM "@other"', [{ a: 7 }]],
    ['WITH "main.t" AS (SELECT 7 AS a) FROM "main.t"', [{ a: 7 }]],
    ['SELECT r.current_date AS d FROM @raw AS r', [{ d: null }]],
    ['SELECT user AS u FROM @raw', [{ u: 'ann' }]],
    ["SELECT list_aggr([1, 2], 'sum')::INTEGER AS a", [{ a: 3 }]],
    ['SELECT 1 AS a /* /* nested */ ; SELECT 2 */', [{ a: 1 }]],
    ['; SELECT 1 AS a;;', [{ a: 1 }]],
    ['SELECT\u00a01 AS a', [{ a: 1 }]],
    [`SELECT ${'('.repeat(400)}1${')'.repeat(400)} AS a`, [{ a: 1 }]],
  ])('%s', async (text, rows) => {
    expect(await run(text, false)).toEqual(rows)
  })
})

describe('a semicolon in a query that is written', () => {
  it.each([
    ["SELECT E'\\'; x' AS a", "'; x"],
    ["SELECT e'\\\\' || ';' AS a;", '\\;'],
    ['SELECT $$;$$ AS a', ';'],
    ['SELECT $q$ $$ ; $q$ AS a;', ' $$ ; '],
    ['SELECT $ü$;$ü$ AS a', ';'],
    ["SELECT a$b$.x AS a FROM (SELECT ';' AS x) AS a$b$;", ';'],
    ['SELECT ";" AS a FROM (SELECT \';\' AS ";");', ';'],
    ["SELECT /* /* */ ' */ ';' AS a", ';'],
    ["SELECT 'a;b' -- ';\n AS a; -- '", 'a;b'],
  ])('%s', async (text, value) => {
    const table = contract('t', { a: t.varchar() })
    const { path: file } = await writeQuery(rig, table, new Sql([text], []))
    const input = parquetInput('raw', { a: t.varchar() }, [file])
    const rows = await withSession(rig, { inputs: [input] }, (session) => rowsOf(session.read('raw')))
    expect(rows).toEqual([{ a: value }])
  })
})

describe('a condition of a contract that is more than one is refused', () => {
  it.each([
    "list_aggr([id], 'reservoir_quantile', 0.5) > 0",
    'unnest([true, true])',
    'COLUMNS(*) > 0',
    "EXISTS (FROM read_text('/etc/passwd'))",
    'id = ANY(SELECT 1)',
    "getenv('x') = 'y'",
    "user = current_setting('threads')",
    'vector_type(id) IS NULL',
    'id > 0 \u0000',
    'id > 0 /*',
    'true; ',
    'true)) AS x, ((1',
    'true)) UNION SELECT ((true',
    'true)) ORDER BY ((1',
    'true)) LIMIT ((1',
    'true)) WHERE ((true',
    'id > ?',
    'DEFAULT',
    'grouping(id) = 1',
  ])('%s', async (check) => {
    const table = contract('t', { id: t.bigint().check(check), user: t.varchar() })
    const outputs = [{ handle: 'o', table, folder: rig.folder }]
    const problems = await problemsIn(withSession(rig, { outputs }, () => Promise.resolve()))
    expect(problems.map(({ code }) => code)).toEqual(['contract/check'])
  })
})

describe('a query of a person', () => {
  it('reads the files of the tables that it names, and no others', async () => {
    const named = { 'silver.t': files, 'temp.t': files, 'silver.t.part': files, 'x.csv': files }
    const { rows } = await reader.adHoc({ text: 'SELECT id FROM silver.t' }, listed(named))
    for await (const row of rows) expect(row).toEqual([1n])
  })

  it.each([
    ['SELECT 1 FROM temp.t', 'query/bind', /temp\.t cannot be read by name/],
    ["SELECT 1 FROM 'x.csv'", 'query/table-unknown', /no table 'x\.csv'/],
    ['SELECT 1 FROM silver.tt', 'query/table-unknown', /no table 'silver\.tt'/],
  ])('%s', async (text, code, message) => {
    const named = { 'silver.t': files, 'temp.t': files, 'x.csv': files }
    const [problem] = await problemsIn(reader.adHoc({ text }, listed(named)))
    expect(problem).toMatchObject({ code, message: expect.stringMatching(message) as unknown })
  })
})
