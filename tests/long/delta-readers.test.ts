import { readdir, utimes } from 'node:fs/promises'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, pythonReaders, type Answer, type ReadRequest } from '../readers/python.ts'
import { Rig } from '../run/rig.ts'

/** Every type that Delta has, with its limits, NULLs, and what is easily lost. */
const types: Readonly<Record<string, readonly [type: string, values: readonly string[]]>> = {
  a_boolean: ['t.boolean()', ['true', 'false']],
  a_tinyint: ['t.tinyint()', ['-128', '127']],
  a_smallint: ['t.smallint()', ['-32768', '32767']],
  // Neighbours as far apart as they can be: see src/engine/duckdb/plain-integers.ts.
  a_integer: ['t.integer()', ['-2147483648', '2147483647']],
  a_bigint: ['t.bigint()', ['9007199254740993', '-9223372036854775807']],
  a_float: ['t.float()', ['1.5', '-0.25']],
  a_double: ['t.double()', ['0.1', '1e300']],
  a_decimal9: ['t.decimal(9, 2)', ['-1234567.89', '0.01']],
  a_decimal18: ['t.decimal(18, 3)', ['123456789012345.678', '-0.001']],
  a_decimal38: ['t.decimal(38, 2)', ['123456789012345678901234567890123456.78', '-0.01']],
  a_varchar: ['t.varchar()', ["'größe, 東京'", "''"]],
  a_json: ['t.json()', [`'{"x": [1, null]}'`, `'"text"'`]],
  a_blob: ['t.blob()', ["from_hex('00FF7F')", "from_hex('')"]],
  a_date: ['t.date()', ["'1969-12-31'", "'9999-12-31'"]],
  a_timestamp: ['t.timestamp()', ["'2020-02-29 23:59:59.123456'", "'1899-01-01 00:00:00'"]],
  a_timestamptz: ['t.timestamptz()', ["'2020-02-29 12:00:00.000001+05:30'", "'1969-12-31 23:59:59.5+00'"]],
  a_list: ['t.list(t.integer().nullable())', ['[1, NULL, -3]', '[]']],
  a_struct: [
    't.struct({ x: t.integer(), at: t.timestamp().nullable() })',
    ["{'x': 1, 'at': TIMESTAMP '2020-01-01 01:02:03.000004'}", "{'x': 2, 'at': NULL}"],
  ],
  a_deep: [
    't.list(t.struct({ days: t.list(t.date()) }))',
    ["[{'days': [DATE '2020-01-01']}, {'days': []}]", '[]'],
  ],
}

const names = Object.keys(types)
/** A row of the values, each cast to the type of its column. */
const row = (at: number) =>
  names.map((name) => `${typed(name, types[name]?.[1][at] ?? '')} AS ${name}`).join(', ')
const casts: Readonly<Record<string, string>> = {
  a_tinyint: 'TINYINT',
  a_smallint: 'SMALLINT',
  a_integer: 'INTEGER',
  a_bigint: 'BIGINT',
  a_float: 'FLOAT',
  a_double: 'DOUBLE',
  a_decimal9: 'DECIMAL(9, 2)',
  a_decimal18: 'DECIMAL(18, 3)',
  a_decimal38: 'DECIMAL(38, 2)',
  a_json: 'JSON',
  a_date: 'DATE',
  a_timestamp: 'TIMESTAMP',
  a_timestamptz: 'TIMESTAMPTZ',
  a_list: 'INTEGER[]',
  a_struct: 'STRUCT(x INTEGER, "at" TIMESTAMP)',
}
function typed(name: string, value: string): string {
  const type = casts[name]
  return type === undefined ? `(${value})` : `CAST(${value} AS ${type})`
}

const everyType = `import { notebook, sql, t, table } from 'sluice'
export const every = table('lab.every', {
${names.map((name) => `  ${name}: ${types[name]?.[0]}.nullable(),`).join('\n')}
})
export default notebook({
  inputs: {}, outputs: { every },
  select: { every: () => sql\`SELECT ${row(0)} UNION ALL SELECT ${row(1)} UNION ALL SELECT ${names.map(() => 'NULL').join(', ')}\` },
})`

const moving = `import { notebook, sql, t, table } from 'sluice'
export const plain = table('lab.plain', { id: t.integer(), name: t.varchar() })
export const none = table('lab.none', { id: t.integer() })
export const late = table('lab.late', { id: t.integer() })
export const parted = table('lab.parted', { month: t.varchar(), n: t.integer() }, { partitionBy: ['month'] })
export default notebook({
  inputs: {}, outputs: { plain, none, late, parted },
  select: {
    plain: () => sql\`SELECT 1 AS id, 'a' AS name\`,
    none: () => sql\`SELECT 1 AS id WHERE false\`,
    late: () => sql\`SELECT 1 AS id\`,
    parted: () => sql\`SELECT '2019-0' || i AS month, CASE i WHEN 2 THEN 10 ELSE 0 END AS n FROM range(1, 4) AS r(i)\`,
  },
})`

const flow = `import { flow } from 'sluice'
import every from '../notebooks/lab/every.ts'
import moving from '../notebooks/lab/moving.ts'
export default flow('lab').step(every).step(moving)`

const python = await pythonReaders()
let rig: Rig

beforeAll(async () => {
  rig = await Rig.open({
    'notebooks/lab/every.ts': everyType,
    'notebooks/lab/moving.ts': moving,
    'flows/lab.ts': flow,
  })
  const prod = async () => {
    const { code, out, err } = await rig.sluice('run', '--env', 'prod')
    if (code !== 0) throw new Error(`${out}${err}`)
    return out
  }
  await prod()
  // Another schema, then other rows of it; a type that Delta lacks, then none.
  await rig.edit('notebooks/lab/moving.ts', 'name: t.varchar() }', 'name: t.varchar(), seen: t.timestamp() }')
  await rig.edit(
    'notebooks/lab/moving.ts',
    `'a' AS name`,
    `'b' AS name, TIMESTAMP '2020-01-01 00:00:00.5' AS seen`,
  )
  await rig.edit('notebooks/lab/moving.ts', `'lab.late', { id: t.integer() }`, `'lab.late', { id: t.time() }`)
  await rig.edit(
    'notebooks/lab/moving.ts',
    'late: () => sql`SELECT 1 AS id`',
    "late: () => sql`SELECT TIME '10:00:00' AS id`",
  )
  const warned = await prod()
  expect(warned).toContain("table 'lab.late' cannot be read as a Delta table: column 'id' is TIME")
  await rig.edit('notebooks/lab/moving.ts', 'THEN 10', 'THEN 11')
  await rig.edit('notebooks/lab/moving.ts', "1 AS id, 'b'", "unnest([1, 2]) AS id, 'c'")
  await prod()
})

afterAll(async () => rig.close())

const tablePath = (table: string, notebook: string) =>
  rig.path(`storage/lake/tables/lab/${notebook}/${table}`)

async function read(...requests: ReadRequest[]): Promise<{ polars: Answer; deltalake: Answer }[]> {
  return ask(python ?? '', requests)
}

/** The same rows as DuckDB reads them from the files of `sluice path`. */
async function withDuckDb(ref: string, columns: readonly string[]): Promise<unknown[]> {
  const { out } = await rig.sluice('path', ref, '--env', 'prod', '--json')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  const files = (JSON.parse(out) as string[]).map((file) => `'${file}'`).join()
  const reader = await connection.runAndReadAll(
    `SELECT ${columns.map(spelled).join(', ')} FROM read_parquet([${files}], hive_partitioning=false)`,
  )
  const rows = reader.getRows().map((values) => values.map(parsed))
  connection.closeSync()
  instance.closeSync()
  return rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

/** DuckDB's text of a column, or JSON of texts for nested ones. */
function spelled(name: string): string {
  if (name === 'a_blob') return `hex(${name}) AS ${name}`
  if (name === 'a_timestamp' || name === 'seen') return `strftime(${name}, '%Y-%m-%d %H:%M:%S.%f') AS ${name}`
  if (name === 'a_timestamptz')
    return `strftime(${name} AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S.%f') AS ${name}`
  if (name === 'a_list') return `to_json(${name}::VARCHAR[])::VARCHAR AS ${name}`
  if (name === 'a_struct')
    return `CASE WHEN ${name} IS NOT NULL THEN to_json({'x': ${name}.x::VARCHAR, 'at': strftime(${name}."at", '%Y-%m-%d %H:%M:%S.%f')})::VARCHAR END AS ${name}`
  if (name === 'a_deep') return `to_json(${name})::VARCHAR AS ${name}`
  return `${name}::VARCHAR AS ${name}`
}

function parsed(value: unknown): unknown {
  return typeof value === 'string' && /^[[{]/.test(value) && !value.includes('null]}')
    ? JSON.parse(value)
    : value
}

/** Numbers that two programs spell in two ways are compared as numbers. */
function sameSpelling(rows: readonly unknown[] | undefined): unknown {
  return rows?.map((values) =>
    (values as unknown[]).map((value) =>
      typeof value === 'string' && /^-?\d+(\.\d+)?e[+-]?\d+$/.test(value) ? String(Number(value)) : value,
    ),
  )
}

describe.skipIf(python === undefined)('Polars and deltalake', () => {
  test('read the values of every type that Delta has as DuckDB does', async () => {
    const at = tablePath('lab.every', 'every')
    const [whole, partly] = await read({ path: at }, { path: at, skip: ['a_json'] })
    expect(whole?.deltalake.error).toBeUndefined()
    expect(sameSpelling(whole?.deltalake.rows)).toEqual(sameSpelling(await withDuckDb('lab.every', names)))
    const others = names.filter((name) => name !== 'a_json')
    expect([partly?.deltalake.error, partly?.polars.error]).toEqual([undefined, undefined])
    const expected = sameSpelling(await withDuckDb('lab.every', others))
    expect(sameSpelling(partly?.deltalake.rows)).toEqual(expected)
    expect(sameSpelling(partly?.polars.rows)).toEqual(expected)
    // JSON in Parquet is bytes for Polars: it says so, and gives no wrong text.
    expect(whole?.polars.error).toContain('a_json')
  })

  test('read a partitioned table whose versions share files, with its partition columns', async () => {
    const at = tablePath('lab.parted', 'moving')
    const answers = await read({ path: at, version: 1 }, { path: at })
    for (const [place, n] of ['10', '11'].entries()) {
      const rows = [
        ['2019-01', '0'],
        ['2019-02', n],
        ['2019-03', '0'],
      ]
      expect(await withDuckDb(`lab.parted@${place + 1}`, ['month', 'n'])).toEqual(rows)
      const { polars, deltalake } = answers[place] ?? {}
      expect([polars?.error, deltalake?.error]).toEqual([undefined, undefined])
      expect(polars?.rows).toEqual(rows)
      expect(deltalake?.rows).toEqual(rows)
    }
    const files = (await readdir(at, { recursive: true })).filter((file) => file.endsWith('.parquet'))
    expect(files).toHaveLength(4)
  })

  test('read an older version by its number, and columns as they were', async () => {
    const at = tablePath('lab.plain', 'moving')
    const [first, second, third, newest] = await read(
      { path: at, version: 1 },
      { path: at, version: 2 },
      { path: at, version: 3 },
      { path: at },
    )
    for (const reader of ['polars', 'deltalake'] as const) {
      expect(first?.[reader].rows).toEqual([['1', 'a']])
      expect(second?.[reader].rows).toEqual([['1', 'b', '2020-01-01 00:00:00.500000']])
      expect(third?.[reader].rows).toEqual(await withDuckDb('lab.plain@3', ['id', 'name', 'seen']))
      expect(third?.[reader].rows).toHaveLength(2)
      expect(newest?.[reader]).toEqual(third?.[reader])
    }
  })

  test('read a table without rows', async () => {
    const [none] = await read({ path: tablePath('lab.none', 'moving') })
    expect(none).toEqual({ polars: { rows: [] }, deltalake: { rows: [] } })
  })

  test('refuse by name a version that Delta cannot hold, and read the one before', async () => {
    const at = tablePath('lab.late', 'moving')
    const [now, before] = await read({ path: at }, { path: at, version: 1 })
    for (const reader of ['polars', 'deltalake'] as const) {
      expect(now?.[reader].error).toContain('sluiceNotExportable')
      expect(before?.[reader].rows).toEqual([['1']])
    }
  })

  test('tell from which commit a version is', async () => {
    const [history] = await ask<Answer>(python ?? '', [
      { do: 'history', path: tablePath('lab.plain', 'moving') },
    ])
    expect(history?.rows?.[0]).toEqual([3, expect.stringMatching(/^lab\.plain@3, commit \d+ of prod$/)])
  })

  test('may not write, and VACUUM deletes nothing', async () => {
    const at = tablePath('lab.plain', 'moving')
    const files = async () =>
      (await readdir(at, { recursive: true })).filter((file) => !file.includes('_delta_log')).toSorted()
    const before = await files()
    const yearAgo = new Date(Date.now() - 365 * 24 * 3600 * 1000)
    for (const file of before) await utimes(path.join(at, file), yearAgo, yearAgo)
    const [control, deleted, vacuumed] = await ask<Answer>(python ?? '', [
      { do: 'vacuum without retention', path: at },
      { do: 'delete', path: at },
      { do: 'vacuum', path: at },
    ])
    // What the retention of the export keeps: without it, old versions and manifests would go.
    expect(control?.rows?.length).toBeGreaterThan(0)
    expect(deleted?.error).toContain('sluiceReadOnly')
    expect(vacuumed).toEqual({ rows: [] })
    expect(await files()).toEqual(before)
  })
})
