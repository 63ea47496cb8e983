import { stat } from 'node:fs/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { source } from '../../src/contract/source.ts'
import { t } from '../../src/contract/types.ts'
import { inFolder } from '../connect/kit.ts'
import { copyProject } from '../connect/copy-project.ts'
import { hasPostgres, withPostgres, type PostgresServer } from '../connect/postgres-server.ts'
import { lookAt } from '../connect/rows-of.ts'
import type { Rig } from '../run/rig.ts'

let server: PostgresServer
let rig: Rig | undefined
withPostgres((started) => (server = started))
afterEach(async () => {
  await rig?.close()
  rig = undefined
})

async function project(options: string, columns: string, database: string) {
  rig = await copyProject(server.url(database), options, columns)
  return rig
}

/** [type of PostgreSQL, type of contracts, values as SQL]: NULL is added to each. */
const types: readonly [of: string, as: string, values: readonly string[]][] = [
  ['boolean', 't.boolean()', ['true', 'false']],
  ['smallint', 't.smallint()', ['-32768', '32767']],
  ['integer', 't.integer()', ['-2147483648', '2147483647']],
  ['bigint', 't.bigint()', ['-9223372036854775808', '9223372036854775807']],
  ['integer', 't.bigint()', ['7']],
  ['bigint', 't.decimal(20, 1)', ['9223372036854775807']],
  ['numeric(38,9)', 't.decimal(38, 9)', ["'12345678901234567890123456789.123456789'", '-0.000000001']],
  ['numeric', 't.decimal(20, 4)', ['1.2300', '100000.00000000', '-5']],
  ['numeric(10,0)', 't.bigint()', ['1234567890']],
  ['real', 't.float()', ['1.5', '3.4028235e38', "'NaN'", "'-Infinity'"]],
  [
    'double precision',
    't.double()',
    ['0.1', '1e-300', '1.7976931348623157e308', "'Infinity'", "'NaN'", '0.30000000000000004'],
  ],
  [
    'text',
    't.varchar()',
    ["''", "'\\N'", "'NULL'", "'a\nb'", "E'c\\r\\nd'", '\'"q", r\'', "' '", "'\u{1f600}'", "'\\.'"],
  ],
  ['varchar(9)', 't.varchar()', ["'x'"]],
  ['char(3)', 't.varchar()', ["'x'"]],
  ['uuid', 't.uuid()', ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"]],
  ['bytea', 't.blob()', ["'\\x00ff41'", "''"]],
  ['date', 't.date()', ["'2024-02-29'", "'0001-01-01'", "'9999-12-31'"]],
  ['time', 't.time()', ["'23:59:59.999999'", "'00:00:00'"]],
  ['timestamp', 't.timestamp()', ["'2024-02-29 12:34:56.789012'"]],
  ['timestamp(3)', 't.timestamp()', ["'1969-12-31 23:59:59.999'"]],
  [
    'timestamptz',
    't.timestamptz()',
    ["'2024-07-01 00:00:00.5+02'", "'1883-11-18 12:00:00 America/New_York'"],
  ],
  ['json', 't.json()', [`'{"a": [1, 2.50, null]}'`]],
  ['jsonb', 't.json()', [`'{"a":  "x"}'`]],
  ['integer[]', 't.list(t.integer())', ["'{1,NULL,3}'", "'{}'"]],
  ['text[]', 't.list(t.varchar())', [`'{"a,b","\\"q\\"",NULL,"",NULL}'`]],
  ['numeric[]', 't.list(t.decimal(38, 2))', ["'{12345678901234567890.12}'"]],
  ['integer[]', 't.list(t.list(t.integer()))', ["'{{1,2},{3,NULL}}'"]],
  ['interval', 't.varchar()', ["'1 year 2 days 3.5 seconds'"]],
  ['inet', 't.varchar()', ["'10.0.0.1/8'"]],
  ['timetz', 't.varchar()', ["'12:00:00+02'"]],
]

describe.runIf(hasPostgres)('a source of PostgreSQL', () => {
  test('all types come into a table and go back into the database, equal by value', async () => {
    const database = await server.database()
    const most = Math.max(...types.map(([, , values]) => values.length))
    await server.run(
      database,
      `CREATE TABLE all_types (n int, ${types.map(([of], at) => `c${at} ${of}`).join(', ')})`,
    )
    for (let row = 0; row <= most; row++) {
      const values = types.map(([of, , list]) =>
        list[row] === undefined ? 'NULL' : `${quoted(list[row])}::${of}`,
      )
      await server.run(database, `INSERT INTO all_types VALUES (${row}, ${values.join(', ')})`)
    }
    const columns = types.map(([, as], at) => `c${at}: ${as}.nullable()`).join(', ')
    const { run, query } = bound(await project("table: 'all_types'", `n: t.integer(), ${columns}`, database))
    expect((await run()).out).toContain('"outcome":"ran"')
    const lists = types.map(([of], at) =>
      of.endsWith('[]')
        ? `to_json(c${at})::VARCHAR AS c${at}`
        : of === 'bytea'
          ? `'\\x' || hex(c${at}) AS c${at}`
          : `c${at}::VARCHAR AS c${at}`,
    )
    const rows = await query(`SELECT n, ${lists.join(', ')} FROM copy ORDER BY n`)
    expect(rows).toHaveLength(most + 1)
    const wrong: string[] = []
    for (const [at, [of]] of types.entries()) {
      for (const row of rows) {
        const text = row[`c${at}`] ?? null
        const given = text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`
        const back = of.endsWith('[]') && text !== null ? jsonToArray(text) : given
        const cast = of === 'json' ? 'jsonb' : of === 'bigint' ? 'numeric' : of
        const same = await server.run(
          database,
          `SELECT c${at}::text AS was FROM all_types WHERE n = ${row['n']} AND (c${at}${of === 'json' ? '::jsonb' : ''}) IS DISTINCT FROM (${back})::${cast}`,
        )
        if (same.rows.length > 0) wrong.push(`${of}: ${JSON.stringify(same.rows[0])} came as ${text}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('a step is fresh while the table is as it was, and says what changed', async () => {
    const database = await server.database()
    await server.run(
      database,
      "CREATE TABLE orders (id int8, note text); INSERT INTO orders VALUES (1, ''), (2, NULL)",
    )
    const { run, query } = bound(
      await project("table: 'public.orders'", 'id: t.bigint(), note: t.varchar().nullable()', database),
    )
    expect((await run()).outcomes).toEqual({ copy: 'ran' })
    expect(await query('SELECT id, note FROM copy ORDER BY id')).toEqual([
      { id: 1, note: '' },
      { id: 2, note: null },
    ])
    expect((await run()).outcomes).toEqual({ copy: 'fresh' })
    await server.run(database, "UPDATE orders SET note = '' WHERE id = 2")
    const third = await run()
    expect(third.outcomes).toEqual({ copy: 'ran' })
    expect(JSON.stringify(third.lines)).toContain('shop: public.orders changed')
    expect(third.out + third.err).not.toContain(server.password)
  })

  test.each<[what: string, options: string, columns: string, told: readonly (readonly [string, RegExp])[]]>([
    [
      'a table that is not there',
      "table: 'public.ordrs'",
      'id: t.bigint()',
      [['connection/query', /did you mean 'public.orders'/]],
    ],
    [
      'columns that are not there, and types that do not fit',
      "table: 'orders'",
      'idd: t.bigint(), amount: t.decimal(10, 1), id: t.integer()',
      [
        ['source/columns', /did you mean 'id'/],
        ['contract/type-mismatch', /t\.decimal\(12, 2\)/],
        ['contract/type-mismatch', /is bigint in the database but INTEGER is declared/],
      ],
    ],
    [
      'values that do not fit',
      "query: `SELECT 1.25::numeric AS a, date '0044-03-15 BC' AS b, timestamptz 'infinity' AS c, 'NaN'::numeric AS d`, name: 'odd'",
      'a: t.decimal(10, 1), b: t.date(), c: t.timestamptz(), d: t.decimal(5, 2)',
      [
        ['source/value', /'a': "1.25" is not/],
        ['source/value', /'b': .*BC/],
        ['source/value', /'c': .*infinity/],
        ['source/value', /'d': .*NaN/],
      ],
    ],
    [
      'a query that is wrong',
      "query: 'SELECT 1 AS d FRM x', name: 'q'",
      'd: t.bigint()',
      [['connection/query', /syntax error/]],
    ],
    [
      'a connection that is not there, and nothing to read',
      "name: 'none', connection: 'shpo'",
      'id: t.bigint()',
      [['contract/option-invalid', /no table and no query/]],
    ],
  ])('%s', async (_, options, columns, told) => {
    const database = await server.database()
    await server.run(database, 'CREATE TABLE orders (id int8, amount numeric(12,2))')
    const { run } = bound(await project(options, columns, database))
    const ended = await run()
    expect(ended.code).not.toBe(0)
    const problems = ended.lines.flatMap((line) => line.problems ?? (line.problem ? [line.problem] : []))
    for (const [code, text] of told) {
      const found = problems.filter(
        (each) => each.code === code && text.test(`${each.message} ${each.hint ?? ''}`),
      )
      expect(found, `${code} ${text.source} in ${JSON.stringify(problems)}`).toHaveLength(1)
      if (code === 'connection/query') expect(found[0]?.where?.file).toBe('notebooks/copy.ts')
    }
  })

  test('Ctrl-C ends the query on the server', async () => {
    const database = await server.database()
    const made = await project(
      "query: 'SELECT 1::int8 AS id, pg_sleep(600)', name: 'slow'",
      'id: t.bigint()',
      database,
    )
    const child = made.start(['run'])
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    const asleep = async () => {
      const { rows } = await server.run(
        database,
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'sluice' AND state = 'active'",
      )
      return (rows[0] as { n: number }).n
    }
    while ((await asleep()) === 0);
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    while ((await asleep()) > 0);
  })

  test('rows that are streamed leave memory as it is', () =>
    inFolder(async (root) => {
      const megabytes = process.env['SLUICE_NIGHTLY'] === '1' ? 4000 : 300
      process.env['SHOP_URL'] = server.url()
      const query = `SELECT n AS id, repeat('x', 1000) AS note FROM generate_series(1, ${megabytes * 1000}) AS n`
      const large = source.postgres({
        connection: 'shop',
        query,
        name: 'large',
        columns: { id: t.bigint(), note: t.varchar() },
      })
      const connections = { shop: { kind: 'postgres', url: '${env:SHOP_URL}' } } as const
      globalThis.gc?.()
      const before = process.memoryUsage().rss
      let most = before
      const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20)
      const { files } = await lookAt(root, connections, large)
      clearInterval(timer)
      expect((await stat(files[0] ?? '')).size).toBeGreaterThan(megabytes * 1_000_000)
      expect(most - before).toBeLessThan(150_000_000)
    }))
})

/** A negative number is no operand of `::`. */
function quoted(value = ''): string {
  return value.startsWith('-') ? `'${value}'` : value
}

function bound(made: Rig) {
  return { run: () => made.run(), query: (sql: string) => made.query(sql) }
}

type Nested = string | null | readonly Nested[]

/** A list in JSON as an array of PostgreSQL. */
function jsonToArray(text: string): string {
  const part = (value: Nested): string =>
    value === null
      ? 'NULL'
      : typeof value === 'string'
        ? `'${value.replaceAll("'", "''")}'`
        : `ARRAY[${value.map(part).join(', ')}]`
  const items = JSON.parse(text.replaceAll(/(?<=[[,])-?\d[\d.]*(?=[,\]])/g, '"$&"')) as Nested[]
  return items.length === 0 ? "'{}'" : part(items)
}
