import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderQuery } from '../../src/contract/render.ts'
import { Sql } from '../../src/contract/sql.ts'
import { t } from '../../src/contract/types.ts'
import type { EngineProblem } from '../../src/engine/analysis.ts'
import {
  handle,
  openRig,
  parquetInput,
  problemsIn,
  sourceInput,
  sql,
  withSession,
  writeRows,
  contract,
  type Rig,
} from './kit.ts'

let rig: Rig
let files: string[]
const columns = { id: t.bigint(), user: t.varchar() }
beforeAll(async () => {
  rig = await openRig()
  files = [await writeRows(rig, contract('t', columns), [{ id: 1n, user: 'ann' }])]
})
afterAll(() => rig.close())

const raw = handle('raw')

/** A query with `@raw` for the handle. */
function query(text: string): Sql {
  const [first = '', ...others] = text.split('@raw')
  return new Sql(
    [first, ...others],
    others.map(() => raw),
  )
}

async function run(text: string, volatile = false): Promise<void> {
  const inputs = [parquetInput('raw', columns, files)]
  await withSession(rig, { inputs, volatile }, async (session) => {
    for await (const batch of session.query(renderQuery(query(text)))) void batch
  })
}

describe('a query passes the gate', () => {
  it.each([
    'SELECT * FROM @raw',
    'FROM @raw',
    'SELECT 1;',
    'select 1 -- a comment; with a semicolon',
    'SELECT \';\' AS a, ";" FROM (SELECT 2 AS ";") ;  -- end',
    'WITH a AS (SELECT * FROM @raw), b AS (SELECT * FROM a) SELECT * FROM b JOIN a USING (id)',
    'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r',
    'SELECT * FROM @raw AS a WHERE EXISTS (WITH x AS (SELECT 1 AS id) SELECT 1 FROM x WHERE x.id = a.id)',
    'WITH A AS (SELECT 1 AS x) SELECT * FROM a',
    'SELECT * FROM range(3), generate_series(1, 2), unnest([1, 2])',
    'SELECT * FROM @raw, json_each(\'{"a": 1}\')',
    "SELECT * FROM (PIVOT @raw ON user IN ('ann') USING sum(id))",
    'SELECT user FROM @raw',
    'SELECT r.user FROM @raw AS r',
    "SELECT list_transform([1, 2], lambda x: x + 1) AS l, age(DATE '2020-01-02', DATE '2020-01-01') AS a",
    "SELECT CASE WHEN id < 0 THEN error('negative') ELSE id END AS id FROM @raw",
    'VALUES (1), (2)',
    'SELECT * FROM @raw TABLESAMPLE reservoir(50%) REPEATABLE (42)',
    'SELECT id, row_number() OVER (ORDER BY id) FROM @raw QUALIFY row_number() OVER (ORDER BY id) = 1',
    'SELECT 1 AS a UNION ALL SELECT id FROM @raw ORDER BY 1 LIMIT 5',
  ])('%s', async (text) => {
    await expect(run(text)).resolves.toBeUndefined()
  })
})

describe('a query is refused', () => {
  it.each([
    ['SELEC 1', 'query/parse', 0],
    ["SELECT 'ü', FROM WHERE", 'query/parse', 17],
    ['', 'query/statement', undefined],
    ['-- nothing', 'query/statement', undefined],
    ['SELECT 1; SELECT 2', 'query/statement', undefined],
    ['DROP TABLE x', 'query/statement', undefined],
    ["COPY (SELECT 1) TO '/tmp/x.csv'", 'query/statement', undefined],
    ['SET threads = 1', 'query/statement', undefined],
    ['PRAGMA version', 'query/statement', undefined],
    ["ATTACH '/tmp/x.db'", 'query/statement', undefined],
    ['EXPLAIN SELECT 1', 'query/statement', undefined],
    ['PIVOT @raw ON user USING sum(id)', 'query/statement', undefined],
    ['FROM (DESCRIBE @raw)', 'query/statement', undefined],
    ['SUMMARIZE @raw', 'query/statement', undefined],
    ['FROM (SHOW TABLES)', 'query/statement', undefined],
    ['SELECT * FROM raw', 'query/table-unknown', 14],
    ["SELECT * FROM '/etc/passwd'", 'query/table-unknown', 14],
    ["SELECT * FROM 'data.csv'", 'query/table-unknown', 14],
    ['SELECT * FROM "@other"', 'query/table-unknown', 14],
    ['SELECT * FROM main.@raw', 'query/table-unknown', 14],
    ['SELECT * FROM information_schema.tables', 'query/table-unknown', 14],
    ['SELECT * FROM duckdb_settings', 'query/table-unknown', 14],
    ['WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a', 'query/table-unknown', 25],
    ['WITH a AS (SELECT * FROM a) SELECT * FROM a', 'query/table-unknown', 25],
    ['SELECT (WITH x AS (SELECT 1) SELECT 1), (SELECT 1 FROM x)', 'query/table-unknown', 55],
    ["SELECT 'ü', (SELECT 1 FROM nope)", 'query/table-unknown', 27],
    ["SELECT * FROM read_csv('a.csv')", 'query/function-forbidden', 14],
    ["SELECT * FROM read_parquet('a')", 'query/function-forbidden', 14],
    ["SELECT * FROM glob('/*')", 'query/function-forbidden', 14],
    ["SELECT * FROM query('SELECT 1')", 'query/function-forbidden', 14],
    ["SELECT * FROM query_table('x')", 'query/function-forbidden', 14],
    ['SELECT * FROM duckdb_settings()', 'query/function-forbidden', 14],
    ['SELECT * FROM enable_logging()', 'query/function-forbidden', 14],
    ["SELECT current_setting('threads')", 'query/function-forbidden', 7],
    ["SELECT getvariable('x')", 'query/function-forbidden', 7],
    ["SELECT json_serialize_plan('SELECT 1')", 'query/function-forbidden', 7],
    ["SELECT nextval('s')", 'query/function-forbidden', 7],
    ['SELECT setseed(0.5)', 'query/function-forbidden', 7],
    ["SELECT write_log('x')", 'query/function-forbidden', 7],
    ['SELECT current_schema()', 'query/function-forbidden', 7],
    ['SELECT current_user', 'query/function-forbidden', 7],
    ['SELECT now()', 'query/volatile', 7],
    ['SELECT NOW()', 'query/volatile', 7],
    ['SELECT main.now()', 'query/volatile', 7],
    ['SELECT random()', 'query/volatile', 7],
    ['SELECT 1 ORDER BY random()', 'query/volatile', 18],
    ['SELECT current_date', 'query/volatile', 7],
    ['SELECT current_date AS current_date FROM @raw', 'query/volatile', 7],
    ['SELECT CURRENT_TIMESTAMP', 'query/volatile', 7],
    ['SELECT localtimestamp', 'query/volatile', 7],
    ["SELECT age(TIMESTAMP '2020-01-01')", 'query/volatile', 7],
    ['SELECT gen_random_uuid()', 'query/volatile', 7],
    ['SELECT list_transform([1], lambda x: random())', 'query/volatile', 37],
    ['SELECT sum(id) FILTER (WHERE random() < 1) FROM @raw', 'query/volatile', 29],
    ['SELECT * FROM @raw TABLESAMPLE 10%', 'query/volatile', undefined],
    ['SELECT nope FROM @raw', 'query/bind', 7],
    ["SELECT 'ü', nope FROM @raw", 'query/bind', 12],
    ['SELECT nope(1)', 'query/bind', 7],
    ['SELECT sum(user) FROM @raw', 'query/bind', undefined],
  ] as const)('%s: %s', async (text, code, offset) => {
    const problems = (await problemsIn(run(text))) as readonly EngineProblem[]
    expect(problems.map((problem) => problem.code)).toEqual([code])
    if (offset !== undefined) expect(problems[0]!.query?.offset).toBe(offset)
  })

  it('tells all that is wrong at once', async () => {
    const problems = await problemsIn(run("SELECT now(), random() FROM raw, read_csv('x')"))
    expect(problems.map(({ code }) => code).toSorted()).toEqual([
      'query/function-forbidden',
      'query/table-unknown',
      'query/volatile',
      'query/volatile',
    ])
  })

  it('names the handle that was meant', async () => {
    const [problem] = await problemsIn(run('SELECT * FROM raw'))
    expect(problem!.hint).toBe('write ${raw} instead of raw')
  })

  it('refuses a handle that was typed instead of given', async () => {
    const inputs = [parquetInput('raw', columns, files)]
    const typed = new Sql(['SELECT * FROM "@raw"'], [])
    const problems = await problemsIn(
      withSession(rig, { inputs }, async (session) => {
        for await (const batch of session.query(renderQuery(typed))) void batch
      }),
    )
    expect(problems.map(({ code }) => code)).toEqual(['query/table-unknown'])
  })
})

describe('a volatile query', () => {
  it.each([
    'SELECT CAST(now() AS DATE), random(), current_date, uuid(), today()',
    'SELECT * FROM @raw TABLESAMPLE 10%',
  ])('may ask the clock and chance: %s', async (text) => {
    await expect(run(text, true)).resolves.toBeUndefined()
  })

  it.each([
    "SELECT nextval('s')",
    'SELECT setseed(0.5)',
    "SELECT write_log('x')",
    'SELECT txid_current()',
    "SELECT * FROM read_text('/etc/passwd')",
  ])('still reaches nothing outside: %s', async (text) => {
    expect((await problemsIn(run(text, true))).map(({ code }) => code)).toEqual(['query/function-forbidden'])
  })
})

describe('the list of functions', () => {
  it('holds every macro of DuckDB that asks the clock or looks outside', async () => {
    const { openInstance } = await import('../../src/engine/duckdb/instance.ts')
    const { Connection } = await import('../../src/engine/duckdb/connection.ts')
    const { readFunctions } = await import('../../src/engine/duckdb/functions.ts')
    const instance = await openInstance({ memory: '200MB', threads: 1, tempFolder: await rig.fresh() })
    const connection = await Connection.open(instance)
    const functions = await readFunctions(connection)
    const macros = await connection.rows(
      `SELECT DISTINCT function_name AS name FROM duckdb_functions() WHERE function_type = 'macro'
       AND regexp_matches(macro_definition, 'current_|now\\(|random|getvariable|current_setting|duckdb_|pragma_|sleep')`,
    )
    expect(macros.length).toBeGreaterThan(5)
    expect(
      macros.map(({ name }) => String(name)).filter((name) => functions.use(name, 1) === 'free'),
    ).toEqual([])
    await connection.close()
    instance.closeSync()
  })
})

describe('the digest of a query', () => {
  const digest = (text: string) => rig.engine.queryDigest(text)

  it.each([
    ['SELECT a, b FROM t WHERE a > 1', 'select a,b\n  from t -- the table\nwhere a>1 /* more */'],
    ['SELECT a FROM t', 'SELECT a FROM t;'],
    ['SELECT $1, $2 FROM t', 'select $1,   $2 from t'],
  ])('does not depend on layout, comments or the case of keywords: %s', async (one, other) => {
    expect(await digest(one)).toBe(await digest(other))
  })

  it.each([
    ['SELECT 1', 'SELECT 2'],
    ['SELECT 9007199254740993', 'SELECT 9007199254740992'],
    ["SELECT 'a'", "SELECT 'A'"],
    ['SELECT a FROM t', 'SELECT a FROM u'],
    ['SELECT a FROM t', 'SELECT a AS b FROM t'],
    ['SELECT $1, $2', 'SELECT $2, $1'],
    ['SELECT a FROM t ORDER BY a', 'SELECT a FROM t ORDER BY a DESC'],
    ['SELECT DISTINCT a FROM t', 'SELECT a FROM t'],
    ['SELECT \',"query_location":1\'', 'SELECT \',"query_location":2\''],
  ])('depends on what is asked: %s', async (one, other) => {
    expect(await digest(one)).not.toBe(await digest(other))
  })

  it('is the same each time', async () => {
    const text = 'SELECT $1 + $2 + $3 + $4 + $5 + $6'
    expect(new Set(await Promise.all([1, 2, 3].map(() => digest(text)))).size).toBe(1)
  })

  it('refuses what is no query', async () => {
    expect((await problemsIn(digest('SELEC 1'))).map(({ code }) => code)).toEqual(['query/parse'])
  })
})

describe('conditions of contracts', () => {
  const table = (check: string) =>
    contract('t', { id: t.bigint().check(check), name: t.varchar().nullable() })
  const open = (check: string) =>
    withSession(
      rig,
      { outputs: [{ handle: 'o', table: table(check), folder: rig.folder }] },
      async () => undefined,
    )

  it.each([
    'id > 0',
    'id > 0 AND id < 10',
    "name LIKE 'a%' OR name IS NULL",
    'id > 0 -- positive',
    'len(name) < 5',
    't.id > 0 OR true'.replace('t.', ''),
  ])('accepts %s', async (check) => {
    await expect(open(check)).resolves.toBeUndefined()
  })

  it.each([
    'id >',
    'nope > 0',
    'id + 1',
    'sum(id) > 0',
    'row_number() OVER () > 0',
    'id IN (SELECT 1)',
    'random() > 0.5',
    'now() IS NOT NULL',
    "current_date > DATE '2020-01-01'",
    'user IS NOT NULL',
    '1) FROM (SELECT 1',
    'true), (SELECT 1',
    'true); DROP TABLE x; SELECT (true',
    'id = $1',
    'count(*) > 0',
    "getvariable('x') = 1",
  ])('refuses %s', async (check) => {
    const problems = await problemsIn(open(check))
    expect(problems.map(({ code }) => code)).toEqual(['contract/check'])
    expect(problems[0]!.message).toContain(`the check '${check}'`)
  })
})

it('refuses a source as a query would be, with its files unread', async () => {
  const input = sourceInput('raw', { id: t.bigint() }, [await rig.file('a.csv', 'id\n1\n')])
  const problems = await problemsIn(
    withSession(rig, { inputs: [input] }, async (session) => {
      for await (const batch of session.query(renderQuery(sql`SELECT * FROM ${handle('raw')}, raw`)))
        void batch
    }),
  )
  expect(problems.map(({ code }) => code)).toEqual(['query/table-unknown'])
})
