import { readdir, readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { afterEach, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'

let rig: Rig | undefined
afterEach(() => rig?.close())

/** The official profile of Data Package 2.0; see tests/schemas/README.md. */
const profile = JSON.parse(
  await readFile(new URL('../schemas/datapackage-2.0.json', import.meta.url), 'utf8'),
) as object
const ajv = new Ajv({ strict: false, allErrors: true, formats: { textarea: true } })
addFormats.default(ajv)
const isPackage = ajv.compile(profile)

interface Field {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly sqlType: string
}
interface Resource {
  readonly name: string
  readonly path: string
  readonly bytes: number
  readonly hash: string
  readonly rows: number
  readonly schema: {
    readonly fields: readonly Field[]
    readonly missingValues: readonly string[]
    readonly [key: string]: unknown
  }
}

async function readPackage(of: Rig, folder = 'out/p'): Promise<readonly Resource[]> {
  const text = await of.read(`${folder}/datapackage.json`)
  const descriptor = JSON.parse(text) as { readonly resources: readonly Resource[] }
  expect(isPackage(descriptor), JSON.stringify(isPackage.errors)).toBe(true)
  for (const { path, bytes, hash } of descriptor.resources) {
    const content = await readFile(of.path(`${folder}/${path}`))
    expect(content.length).toBe(bytes)
    expect(`sha256:${createHash('sha256').update(content).digest('hex')}`).toBe(hash)
  }
  return descriptor.resources
}

/** Columns of all types, with two values of each. */
const types: readonly (readonly [string, string, string, readonly [string, string]])[] = [
  ['b', 't.boolean()', 'BOOLEAN', ['true', 'false']],
  ['ti', 't.tinyint()', 'TINYINT', ['-128', '127']],
  ['bi', 't.bigint()', 'BIGINT', ["'-9223372036854775808'", '9007199254740993']],
  ['f', 't.float()', 'FLOAT', ['0.1', "'nan'"]],
  ['d', 't.double()', 'DOUBLE', ['1e300', "'-inf'"]],
  ['de', 't.decimal(38, 10)', 'DECIMAL(38,10)', ["'-1234567890123456789012345678.0123456789'", '0']],
  ['v', 't.varchar()', 'VARCHAR', ["'a\"b,c' || chr(10) || 'NULL'", "''"]],
  ['j', 't.json()', 'JSON', [`'{"b": 1,  "a": null}'`, "'1e2'"]],
  ['bl', 't.blob()', 'BLOB', ["'\\x00\\xFF'", "''"]],
  ['u', 't.uuid()', 'UUID', ["'00000000-0000-0000-0000-0000000000ff'", 'NULL']],
  ['da', 't.date()', 'DATE', ["'0001-01-01'", "'9999-12-31'"]],
  ['tm', 't.time()', 'TIME', ["'23:59:59.999999'", "'00:00:00'"]],
  ['ts', 't.timestamp()', 'TIMESTAMP', ["'1999-12-31 23:59:59.999999'", 'NULL']],
  ['tz', 't.timestamptz()', 'TIMESTAMPTZ', ["'2024-06-01 12:00:00.000001+02'", 'NULL']],
  ['li', 't.list(t.varchar())', 'VARCHAR[]', [`['a"b,c', NULL, '']`, '[]']],
  [
    'st',
    't.struct({ a: t.integer(), b: t.varchar() })',
    'STRUCT(a INTEGER, b VARCHAR)',
    ["{'a': 1, 'b': 'x, y'}", 'NULL'],
  ],
]
const columns = types.map(([name, type]) => `${name}: ${type}.nullable()`).join(', ')

/** The expression that reads a text of Table Schema back, by the field alone. */
function readBack({ name, type, format, sqlType }: Field): string {
  const cast = (text: string) => `CAST(${text} AS ${sqlType})`
  if (format === 'binary') return `from_base64(${name})`
  if (type === 'array' || type === 'object') return `from_json(${name}, '${jsonForm(sqlType)}')`
  if (type === 'number') return cast(`replace(${name}, 'INF', 'inf')`)
  return cast(name)
}

const jsonForm = (sqlType: string) =>
  sqlType.endsWith('[]') ? '["VARCHAR"]' : '{"a": "INTEGER", "b": "VARCHAR"}'

describe('a datapackage', () => {
  it.each(['csv', 'parquet'] as const)(
    'keeps the values of all types in %s, by its own schema',
    async (format) => {
      const query = [0, 1]
        .map((at) =>
          types.map(([name, , type, given]) => `CAST(${given[at]} AS ${type}) AS ${name}`).join(', '),
        )
        .map((list, at) => `SELECT ${at} AS n, ${list}`)
        .join(' UNION ALL ')
      const nulls = `SELECT 2 AS n, ${types.map(([name]) => `NULL AS ${name}`).join(', ')}`
      const made = (rig = await Rig.open({
        'notebooks/make.ts': `import { notebook, sql, t, table } from 'sluice'
export const every = table('gold.every', { n: t.integer(), ${columns} }, { key: ['n'] })
export default notebook({ outputs: { every }, select: { every: () => sql\`${`${query} UNION ALL ${nulls}`.replaceAll('\\', '\\\\')}\` } })
`,
        'flows/f.ts': `import { flow, sink } from 'sluice'
import make, { every } from '../notebooks/make.ts'
export default flow('f').step(make).deliver(every, sink.datapackage({ folder: 'out/p', format: '${format}' }))
`,
      }))
      const { code, out, err } = await made.sluice('run', '--env', 'prod')
      expect(code, out + err).toBe(0)
      const [resource] = await readPackage(made)
      expect(resource).toMatchObject({ name: 'gold.every', rows: 3, schema: { primaryKey: ['n'] } })
      const { DuckDBInstance } = await import('@duckdb/node-api')
      const duck = await (await DuckDBInstance.create(':memory:')).connect()
      await duck.run("SET TimeZone = 'UTC'")
      const [tables] = JSON.parse(
        (await made.sluice('path', 'gold.every', '--env', 'prod', '--json')).out,
      ) as unknown as string[]
      expect(tables).toBeDefined()
      const fields = resource?.schema.fields ?? []
      const file = made.path(`out/p/${resource?.path}`)
      const names = fields.map(({ name }) => name).join(', ')
      const asTexts = `read_csv('${file}', all_varchar = true, header = true, nullstr = '${resource?.schema.missingValues[0]}', allow_quoted_nulls = true)`
      const back =
        format === 'csv'
          ? `SELECT ${fields.map((field) => `${readBack(field)} AS ${field.name}`).join(', ')} FROM ${asTexts}`
          : `SELECT ${names} FROM read_parquet('${file}')`
      const text = (sql: string) => duck.runAndReadAll(`SELECT * FROM (${sql}) ORDER BY n`)
      const found = (await text(back)).getRowsJson()
      const expected = (await text(`${query} UNION ALL ${nulls}`)).getRowsJson()
      expect(found).toEqual(expected)
      duck.closeSync()
    },
    60_000,
  )

  it('tells of keys, unique columns, references and descriptions, and removes what it no longer names', async () => {
    const made = (rig = await Rig.open({
      'notebooks/cities.ts': `import { notebook, sql, t, table } from 'sluice'
export const cities = table('gold.cities', { city: t.varchar().describe('Its name.'), code: t.integer().unique() }, { key: ['city'], description: 'All cities.' })
export default notebook({ outputs: { cities }, select: { cities: () => sql\`SELECT 'Oslo' AS city, 1 AS code\` } })
`,
      'notebooks/sales.ts': `import { notebook, sql, t, table } from 'sluice'
import { cities } from './cities.ts'
export const sales = table('gold.sales', { city: t.varchar().references(cities, 'city'), day: t.date(), note: t.varchar().nullable() }, { key: ['city', 'day'] })
export default notebook({ outputs: { sales }, select: {
  sales: () => sql\`SELECT 'Oslo' AS city, DATE '2026-01-02' AS day, '' AS note UNION ALL SELECT 'Oslo', DATE '2026-01-03', NULL\`,
} })
`,
      'flows/f.ts': `import { flow, sink } from 'sluice'
import makeCities, { cities } from '../notebooks/cities.ts'
import makeSales, { sales } from '../notebooks/sales.ts'
export default flow('f').step(makeCities).step(makeSales)
  .deliver([cities, sales], sink.datapackage({ folder: 'out/p', title: 'Sales', licenses: [{ name: 'CC0-1.0' }] }))
`,
    }))
    const first = await made.sluice('run', '--env', 'prod')
    expect(first.code, first.out + first.err).toBe(0)
    const [cities, sales] = await readPackage(made)
    expect(cities).toMatchObject({ description: 'All cities.', schema: { primaryKey: ['city'] } })
    expect(cities?.schema.fields).toMatchObject([
      { name: 'city', type: 'string', description: 'Its name.', constraints: { required: true } },
      { name: 'code', type: 'integer', constraints: { required: true, unique: true } },
    ])
    expect(sales?.schema['foreignKeys']).toEqual([
      { fields: ['city'], reference: { resource: 'gold.cities', fields: ['city'] } },
    ])
    // An empty field is a text of the table, so that another one stands for NULL.
    expect(sales?.schema.missingValues).toEqual(['NULL'])
    const before = await readdir(made.path('out/p/data'))
    await made.edit('notebooks/cities.ts', 'Its name.', 'Its own name.')
    await made.edit('notebooks/cities.ts', "'Oslo' AS city, 1", "'Oslo' AS city, 2")
    expect((await made.sluice('run', '--env', 'prod')).code).toBe(0)
    const [again] = await readPackage(made)
    expect(again?.schema.fields[0]).toMatchObject({ description: 'Its own name.' })
    const after = await readdir(made.path('out/p/data'))
    expect(after).toHaveLength(2)
    expect(after).not.toEqual(before)
  }, 60_000)
})
