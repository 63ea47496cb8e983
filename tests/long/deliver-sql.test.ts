import pg from 'pg'
import Libsql from 'libsql'
import { afterEach, describe, expect, it } from 'vitest'
import { hasPostgres, withPostgres, type PostgresServer } from '../connect/postgres-server.ts'
import { Rig } from '../run/rig.ts'

let server: PostgresServer | undefined
let rig: Rig | undefined
withPostgres((started) => (server = started))
afterEach(() => rig?.close())

type Row = readonly (string | null)[]

/** A project with a database, and how that is looked at from outside. */
interface Place {
  readonly kind: 'postgres' | 'sqlite'
  readonly rig: Rig
  run(...args: string[]): Promise<{ outcomes: Record<string, unknown>; text: string }>
  rows(sql: string): Promise<Row[]>
  exec(sql: string): Promise<void>
}

const notebook = (columns: string, options: string, query: string) =>
  `import { notebook, sql, t, table } from 'sluice'
export const numbers = table('gold.numbers', { ${columns} }, { ${options} })
export default notebook({ outputs: { numbers }, select: { numbers: () => sql\`${query}\` } })
`
const idWord = 'id: t.integer(), word: t.varchar().nullable()'
const values = (rows: string) => `SELECT * FROM (VALUES ${rows}) AS v(id, word)`
const flow = (kind: string, to: string) => `import { flow, sink } from 'sluice'
import make, { numbers } from '../notebooks/make.ts'
export default flow('f').step(make).deliver(numbers, sink.${kind}({ connection: 'db', ${to} }), { name: 'out' })
`

async function place(kind: Place['kind'], source: string, to: string): Promise<Place> {
  const config =
    kind === 'postgres'
      ? "{ kind: postgres, url: '${env:DB_URL}' }"
      : '{ kind: sqlite, file: data/db.sqlite }'
  const made = (rig = await Rig.open({
    'sluice.yaml': `connections: { db: ${config} }\n`,
    'notebooks/make.ts': source,
    'flows/f.ts': flow(kind, to),
    'data/.keep': '',
  }))
  const database = kind === 'postgres' ? await server?.database() : undefined
  const url = database === undefined ? '' : (server?.url(database) ?? '')
  if (kind === 'sqlite') {
    const empty = new Libsql(made.path('data/db.sqlite'))
    empty.exec('CREATE TABLE other (a)')
    empty.close()
  }
  const ask = async (sql: string): Promise<Row[]> => {
    if (kind === 'sqlite') {
      const open = new Libsql(made.path('data/db.sqlite'))
      const statement = open.prepare(sql)
      if (!statement.reader) {
        statement.run()
        open.close()
        return []
      }
      const found = statement.raw(true).safeIntegers(true).all() as unknown[][]
      open.close()
      return found.map((row) => row.map((value) => (value === null ? null : String(value as bigint))))
    }
    const client = new pg.Client({
      connectionString: url,
      types: { getTypeParser: () => (text: string) => text },
    })
    await client.connect()
    try {
      const found = await client.query<(string | null)[]>({ text: sql, rowMode: 'array' })
      return found.rows
    } finally {
      await client.end()
    }
  }
  return {
    kind,
    rig: made,
    async run(...args) {
      const { lines, out, err } = await made.with({ DB_URL: url }, 'run', '--json', '--env', 'prod', ...args)
      const ended = lines.filter(({ event }) => event === 'step-finished')
      return {
        outcomes: Object.fromEntries(ended.map(({ step, outcome }) => [step, outcome])),
        text: out + err,
      }
    },
    rows: ask,
    exec: async (sql) => void (await ask(sql)),
  }
}

const kinds = [...(hasPostgres ? (['postgres'] as const) : []), 'sqlite' as const]
const all = 'SELECT id, word FROM numbers ORDER BY id, word'

describe.each(kinds)('a delivery to %s', (kind) => {
  it('replaces the rows, keeps views, and is done once for each version', async () => {
    const db = await place(
      kind,
      notebook(idWord, "key: ['id']", values("(1, 'a'), (2, NULL), (3, '')")),
      "table: 'numbers'",
    )
    const first = await db.run()
    expect(first.outcomes, first.text).toEqual({ make: 'ran', out: 'ran' })
    expect(await db.rows(all)).toEqual([
      ['1', 'a'],
      ['2', null],
      ['3', ''],
    ])
    await db.exec('CREATE VIEW seen AS SELECT count(*) AS n FROM numbers')
    expect((await db.run()).outcomes).toEqual({ make: 'fresh', out: 'fresh' })
    await db.rig.edit('notebooks/make.ts', "(1, 'a'), ", '')
    expect((await db.run()).outcomes).toEqual({ make: 'ran', out: 'ran' })
    expect(await db.rows(all)).toEqual([
      ['2', null],
      ['3', ''],
    ])
    expect(await db.rows('SELECT n FROM seen')).toEqual([['2']])
    expect(await db.rows('SELECT target, source, rows FROM sluice_deliveries')).toEqual([
      ['numbers', 'gold.numbers', '2'],
    ])
    // Somebody empties the target: only what forces the delivery notices.
    await db.exec('DELETE FROM numbers')
    expect((await db.run('--select', 'out', '--force')).outcomes).toEqual({ out: 'ran' })
    expect(await db.rows('SELECT n FROM seen')).toEqual([['2']])
  }, 60_000)

  it('writes over rows of the same key, and deletes those that are gone when it is said', async () => {
    const to = "table: 'numbers', mode: 'upsert'"
    const db = await place(kind, notebook(idWord, "key: ['id']", values("(1, 'a'), (2, 'b')")), to)
    await db.run()
    await db.exec("INSERT INTO numbers (id, word) VALUES (9, 'theirs')")
    await db.rig.edit('notebooks/make.ts', "(1, 'a'), (2, 'b')", "(2, 'B'), (3, NULL)")
    expect((await db.run()).outcomes).toMatchObject({ out: 'ran' })
    expect(await db.rows(all)).toEqual([
      ['1', 'a'],
      ['2', 'B'],
      ['3', null],
      ['9', 'theirs'],
    ])
    await db.rig.edit('flows/f.ts', "mode: 'upsert'", "mode: 'upsert', deletes: true")
    const again = await db.run()
    expect(again.outcomes, again.text).toEqual({ make: 'fresh', out: 'ran' })
    expect(again.text).toContain('sink-changed')
    expect(await db.rows(all)).toEqual([
      ['2', 'B'],
      ['3', null],
    ])
  }, 60_000)

  it('adds the rows that are new, as often as they are', async () => {
    const to = "table: 'numbers', mode: 'append'"
    const db = await place(kind, notebook(idWord, '', values("(1, 'a'), (1, 'a')")), to)
    await db.run()
    await db.rig.edit('notebooks/make.ts', "(1, 'a'), (1, 'a')", "(1, 'a'), (2, 'b'), (1, 'a'), (1, 'a')")
    const second = await db.run()
    expect(second.outcomes, second.text).toEqual({ make: 'ran', out: 'ran' })
    expect(await db.rows(all)).toEqual([
      ['1', 'a'],
      ['1', 'a'],
      ['1', 'a'],
      ['2', 'b'],
    ])
    const forced = await db.run('--select', 'out', '--force')
    expect(forced.text).toContain('has this version already')
    expect(await db.rows('SELECT count(*) FROM numbers')).toEqual([['4']])
    await db.rig.edit('notebooks/make.ts', "(2, 'b')", "(2, 'c')")
    const third = await db.run()
    expect(third.outcomes).toEqual({ make: 'ran', out: 'failed' })
    expect(third.text).toContain('delivery/rows-removed')
    expect(await db.rows('SELECT count(*) FROM numbers')).toEqual([['4']])
    // To replace once makes it whole again.
    await db.rig.edit('flows/f.ts', "'append'", "'replace'")
    await db.run()
    await db.rig.edit('flows/f.ts', "'replace'", "'append'")
    await db.rig.edit('notebooks/make.ts', "(2, 'c')", "(2, 'c'), (5, 'e')")
    expect((await db.run()).outcomes).toMatchObject({ out: 'ran' })
    expect(await db.rows('SELECT count(*), max(id) FROM numbers')).toEqual([['5', '5']])
  }, 60_000)

  it('adds to what it has when only columns that are not delivered have changed since', async () => {
    const to = "table: 'numbers', mode: 'append'"
    const db = await place(kind, notebook(idWord, '', values("(1, 'a'), (2, 'b')")), to)
    await db.rig.edit('flows/f.ts', "{ name: 'out' }", "{ name: 'out', columns: ['id'] }")
    await db.run()
    await db.rig.edit('notebooks/make.ts', "'b'", "'B'")
    expect((await db.run()).outcomes).toEqual({ make: 'ran', out: 'fresh' })
    await db.rig.edit('notebooks/make.ts', "(2, 'B')", "(2, 'B'), (3, 'c')")
    const { outcomes, text } = await db.run()
    expect(outcomes, text).toEqual({ make: 'ran', out: 'ran' })
    expect(await db.rows('SELECT id FROM numbers ORDER BY id')).toEqual([['1'], ['2'], ['3']])
  }, 60_000)

  it('refuses a target that does not fit before anything is written', async () => {
    const to = "table: 'numbers', mode: 'upsert', key: ['id']"
    const db = await place(kind, notebook(idWord, '', values("(1, 'a')")), to)
    await db.exec('CREATE TABLE numbers (id integer, wrod text)')
    await db.exec('INSERT INTO numbers (id) VALUES (7)')
    const first = await db.run()
    expect(first.outcomes).toEqual({ make: 'ran', out: 'failed' })
    expect(first.text).toMatch(/has no column 'word'/)
    expect(first.text).toMatch(/did you mean 'wrod'/)
    expect(first.text).toMatch(/has no unique index on id/)
    await db.exec('DROP TABLE numbers')
    await db.exec(
      `CREATE TABLE numbers (id integer PRIMARY KEY, word ${kind === 'postgres' ? 'date' : 'integer'})`,
    )
    await db.exec('INSERT INTO numbers (id) VALUES (7)')
    const second = await db.run()
    expect(second.text).toMatch(/column 'word' of table 'numbers' is (date|integer)/)
    expect(await db.rows('SELECT id FROM numbers')).toEqual([['7']])
  }, 60_000)

  it('is done by one of two runs at once', async () => {
    const db = await place(
      kind,
      notebook(idWord, '', values("(1, 'a'), (2, 'b')")),
      "table: 'numbers', mode: 'append'",
    )
    await db.run('--select', 'make')
    const both = await Promise.all([db.run(), db.run()])
    for (const { outcomes, text } of both) expect(['ran', 'fresh'], text).toContain(outcomes['out'])
    expect(await db.rows(all)).toEqual([
      ['1', 'a'],
      ['2', 'b'],
    ])
  }, 60_000)

  it('names the connection that was meant, and one of another kind', async () => {
    const db = await place(kind, notebook(idWord, '', values("(1, 'a')")), "table: 'numbers'")
    await db.rig.edit('flows/f.ts', "'db'", "'bd'")
    const wrong = await db.rig.sluice('check')
    expect(wrong.code).toBe(2)
    expect(wrong.out + wrong.err).toMatch(/there is no connection 'bd'.*\n.*did you mean 'db'/)
    await db.rig.edit('flows/f.ts', "'bd'", "'db'")
    await db.rig.edit('flows/f.ts', `sink.${kind}`, `sink.${kind === 'postgres' ? 'sqlite' : 'postgres'}`)
    expect((await db.run()).text).toContain('delivery/invalid')
  }, 60_000)
})

/** A column of each type, with values as DuckDB writes them, as PostgreSQL and as SQLite give them back. */
const types: readonly (readonly [string, string, readonly string[], readonly string[], readonly string[]])[] =
  [
    ['b', 't.boolean()', ['true', 'false'], ['t', 'f'], ['1', '0']],
    ['ti', 't.tinyint()', ['-128', '127'], ['-128', '127'], ['-128', '127']],
    ['si', 't.smallint()', ['-32768', '32767'], ['-32768', '32767'], ['-32768', '32767']],
    [
      'i',
      't.integer()',
      ['-2147483648', '2147483647'],
      ['-2147483648', '2147483647'],
      ['-2147483648', '2147483647'],
    ],
    [
      'bi',
      't.bigint()',
      ["'-9223372036854775808'", '9007199254740993'],
      ['-9223372036854775808', '9007199254740993'],
      ['-9223372036854775808', '9007199254740993'],
    ],
    ['f', 't.float()', ['0.1', '1e30'], ['0.1', '1e+30'], ['0.1', '1e+30']],
    ['d', 't.double()', ['0.1', '1e300'], ['0.1', '1e+300'], ['0.1', '1e+300']],
    [
      'de',
      't.decimal(38, 10)',
      ["'-1234567890123456789012345678.0123456789'", '0'],
      ['-1234567890123456789012345678.0123456789', '0.0000000000'],
      ['-1234567890123456789012345678.0123456789', '0.0000000000'],
    ],
    ['v', 't.varchar()', ["'a\"b,c' || chr(10) || '\\N'", "''"], ['a"b,c\n\\N', ''], ['a"b,c\n\\N', '']],
    [
      'j',
      't.json()',
      [`'{"b": 1,  "a": null}'`, "'1e2'"],
      ['{"b": 1,  "a": null}', '1e2'],
      ['{"b": 1,  "a": null}', '1e2'],
    ],
    ['bl', 't.blob()', ["'\\x00\\xFF'::BLOB", "''::BLOB"], ['\\x00ff', '\\x'], ['00FF', '']],
    [
      'u',
      't.uuid()',
      ["'00000000-0000-0000-0000-0000000000FF'", 'NULL'],
      ['00000000-0000-0000-0000-0000000000ff', 'NULL'],
      ['00000000-0000-0000-0000-0000000000ff', 'NULL'],
    ],
    [
      'da',
      't.date()',
      ["'0044-03-15 (BC)'", "'9999-12-31'"],
      ['0044-03-15 BC', '9999-12-31'],
      ['0044-03-15 (BC)', '9999-12-31'],
    ],
    [
      'tm',
      't.time()',
      ["'23:59:59.999999'", "'00:00:00'"],
      ['23:59:59.999999', '00:00:00'],
      ['23:59:59.999999', '00:00:00'],
    ],
    [
      'ts',
      't.timestamp()',
      ["'1999-12-31 23:59:59.999999'", "'12345-01-02 03:04:05'"],
      ['1999-12-31 23:59:59.999999', '12345-01-02 03:04:05'],
      ['1999-12-31 23:59:59.999999', '12345-01-02 03:04:05'],
    ],
    [
      'tz',
      't.timestamptz()',
      ["'2024-06-01 12:00:00.000001+02'", 'NULL'],
      ['2024-06-01 10:00:00.000001+00', 'NULL'],
      ['2024-06-01 10:00:00.000001+00', 'NULL'],
    ],
    [
      'li',
      't.list(t.varchar())',
      [`['a"b\\c', NULL, '']`, '[]'],
      ['{"a\\"b\\\\c",NULL,""}', '{}'],
      ['["a\\"b\\\\c",null,""]', '[]'],
    ],
    [
      'st',
      't.struct({ a: t.integer(), b: t.list(t.bigint()) })',
      ["{'a': 1, 'b': [9007199254740993]}", 'NULL'],
      ['{"a": 1, "b": [9007199254740993]}', 'NULL'],
      ['{"a":1,"b":[9007199254740993]}', 'NULL'],
    ],
  ]

/** `t.struct({ a: t.integer() })` in SQL. */
function sqlType(type: string): string {
  if (type.startsWith('t.list')) return 'VARCHAR[]'
  if (type.startsWith('t.struct')) return 'STRUCT(a INTEGER, b BIGINT[])'
  return type.replace('t.', '').replace('()', '').toUpperCase()
}

describe.each(kinds)('values on their way to %s', (kind) => {
  it('are the same there, of every type', async () => {
    const columns = types.map(([name, type]) => `${name}: ${type}.nullable()`).join(', ')
    const query = (at: number) => {
      const list = types.map(
        ([name, type, given]) => `CAST(${given[at] ?? 'NULL'} AS ${sqlType(type)}) AS ${name}`,
      )
      return `SELECT ${list.join(', ')}`
    }
    const text = `${query(0)} UNION ALL ${query(1)} UNION ALL ${types
      .map(([name]) => `NULL AS ${name}`)
      .join(', ')
      .replace(/^/, 'SELECT ')}`
    const source = notebook(
      `n: t.integer(), ${columns}`,
      "key: ['n']",
      `SELECT row_number() OVER () AS n, * FROM (${text})`,
    )
    const casted = source.replaceAll('\\', '\\\\')
    const db = await place(kind, casted, "table: 'numbers'")
    const { outcomes, text: said } = await db.run()
    expect(outcomes, said).toEqual({ make: 'ran', out: 'ran' })
    const shown = types.map(([name]) => (kind === 'sqlite' && name === 'bl' ? `hex(${name})` : name))
    const found = await db.rows(`SELECT ${shown.join(', ')} FROM numbers ORDER BY b DESC`)
    const expected = [0, 1].map((at) =>
      types.map(([, , , postgres, sqlite]) => {
        const value = (kind === 'postgres' ? postgres : sqlite)[at]
        return value === 'NULL' ? null : value
      }),
    )
    const sorted = found.filter(([b]) => b !== null)
    expect(sorted).toEqual(expected)
    expect(found.filter(([b]) => b === null)[0]?.every((value) => value === null || value === '')).toBe(true)
  }, 60_000)
})

// The ledger is read in one way for all kinds.
it('warns when another environment or another lake has delivered to the same table since', async () => {
  const db = await place('sqlite', notebook(idWord, "key: ['id']", values("(1, 'a')")), "table: 'numbers'")
  await db.rig.edit('flows/f.ts', "{ name: 'out' }", "{ name: 'out', environments: ['prod', 'dev'] }")
  await db.rig.write({ 'storage/other.yaml': 'kind: local\nroot: other\n' })
  const edit = (from: string, to: string) => db.rig.edit('notebooks/make.ts', from, to)
  const taken = 'its rows are replaced. Two that deliver to one table take turns'
  const warned = async (...args: string[]) => {
    const { outcomes, text } = await db.run(...args)
    expect(outcomes['out'], text).toBe('ran')
    return /"level":"warn","step":"out","message":"([^"]*)"/.exec(text)?.[1]
  }
  expect(await warned()).toBe(undefined)
  expect(await warned('--env', 'dev')).toMatch(
    `environment 'prod' delivered to sqlite:db/numbers before, at `,
  )
  await edit("'a'", "'b'")
  expect(await warned('--env', 'dev')).toBe(undefined)
  const turn = await warned()
  expect(turn).toMatch(`environment 'dev' delivered to sqlite:db/numbers since, at `)
  expect(turn).toContain(taken)
  // A clock that runs ahead does not make the other one the last for ever.
  await db.exec(`UPDATE sluice_deliveries SET at = '2999-01-01T00:00:00.000Z' WHERE environment = 'dev'`)
  await edit("'b'", "'c'")
  expect(await warned()).toContain(taken)
  await edit("'c'", "'d'")
  expect(await warned()).toBe(undefined)
  expect(await warned('--storage', 'other')).toMatch(
    `another lake (its environment 'prod') delivered to sqlite:db/numbers before`,
  )
  // What was added to is no longer there.
  await db.rig.edit('flows/f.ts', "table: 'numbers'", "table: 'numbers', mode: 'append'")
  await edit("(1, 'd')", "(1, 'd'), (2, 'e')")
  const refused = await db.run()
  expect(refused.outcomes['out']).toBe('failed')
  expect(refused.text).toContain('another lake')
  expect(refused.text).toContain('delivery/history')
})
