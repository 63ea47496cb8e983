import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { t } from '../../src/contract/types.ts'
import { fileFacts } from '../../src/engine/duckdb/file-facts.ts'
import {
  contract,
  openRig,
  parquetInput,
  problemsIn,
  queryAll,
  readAll,
  sourceInput,
  sql,
  writeQuery,
  writeRows,
  type Rig,
} from './kit.ts'

/** Names of folders, files, columns and values that mean something to DuckDB or to SQL. */

let rig: Rig
let table: string
const columns = { region: t.varchar(), n: t.integer() }
const rows = [{ region: 'inside', n: 1 }]
beforeAll(async () => {
  rig = await openRig()
  table = await writeRows(rig, contract('t', columns), rows)
})
afterAll(() => rig.close())

async function filesIn(folder: string, name = 'a') {
  await mkdir(folder, { recursive: true })
  const at = (ending: string) => path.join(folder, `${name}.${ending}`)
  await copyFile(table, at('parquet'))
  await writeFile(at('csv'), 'region,n\ninside,1\n')
  await writeFile(at('json'), JSON.stringify(rows))
  return { parquet: at('parquet'), csv: at('csv'), json: at('json') }
}

describe('a folder that is called like a column and a value', () => {
  it('takes no part in what is read below it', async () => {
    const files = await filesIn(path.join(rig.folder, 'region=outside/n=7'))
    expect(await readAll(rig, parquetInput('raw', columns, [files.parquet]))).toEqual(rows)
    for (const format of ['csv', 'json', 'parquet'] as const) {
      expect(await readAll(rig, sourceInput('raw', columns, [files[format]], { format }))).toEqual(rows)
      const options = { memory: '500MB', threads: 1, tempFolder: await rig.fresh() }
      const facts = await fileFacts([files[format]], format, options)
      expect(facts.columns.map(({ name }) => name)).toEqual(['region', 'n'])
    }
    const digest = (file: string) => rig.engine.contentDigest([file], [{ name: 'region', type: 'VARCHAR' }])
    expect(await digest(files.parquet)).toBe(await digest(table))
  })
})

describe('a file is read by its name alone', () => {
  const names = ["o'brien", 'a*b', 'a[1]', 'a?', 'a{1,2}', '~x', 'a;b--', 'ü ß', 'a"b', '$HOME', '%s', '#x']
  it.each(process.platform === 'win32' ? ["o'brien", 'ü ß'] : [...names, 'a\\b', 'a\nb'])(
    '%j',
    async (name) => {
      const folder = await rig.fresh()
      const files = await filesIn(folder, name)
      // Where the name is taken for a pattern, these would be read as well.
      await filesIn(folder, 'axb')
      await filesIn(folder, 'a1')
      expect(await readAll(rig, parquetInput('raw', columns, [files.parquet]))).toEqual(rows)
      for (const format of ['csv', 'json', 'parquet'] as const)
        expect(await readAll(rig, sourceInput('raw', columns, [files[format]], { format }))).toEqual(rows)
    },
  )
})

describe('a column may be called', () => {
  it.each([
    'a"b',
    "a'b",
    'a;b',
    'select',
    '1',
    'filename',
    'file',
    'rowid',
    'file_row_number',
    'a.b',
    '*',
    '--',
    '/*',
    '$1',
    'json',
    'line',
    'raw',
    "x') --",
    '\\',
    'constructor',
  ])('%s', async (name) => {
    const named = { [name]: t.varchar() }
    const check = `length("${name.replaceAll('"', '""')}") > 0`
    const checked = contract('t', { [name]: t.varchar().check(check) }, { key: [name] })
    const values = [{ [name]: 'v' }]
    const { path: file } = await writeQuery(rig, checked, sql`SELECT ${'v'} AS ${sql.id(name)}`)
    const json = await rig.file('a.json', JSON.stringify(values))
    const csv = await rig.file('a.csv', `"${name.replaceAll('"', '""')}"\r\nv\n`)
    expect(await readAll(rig, parquetInput('raw', named, [file]))).toEqual(values)
    expect(await readAll(rig, sourceInput('raw', named, [json], { format: 'json' }))).toEqual(values)
    expect(await readAll(rig, sourceInput('raw', named, [csv]))).toEqual(values)
  })
})

describe('what every object of JavaScript inherits', () => {
  const names = { n: t.integer(), constructor: t.varchar().nullable(), ['__proto__']: t.varchar().nullable() }
  const place = {
    place: t.struct({ toString: t.varchar().nullable() }),
  }

  it('is no value of a row that leaves it out', async () => {
    const file = await writeRows(rig, contract('t', names), [{ n: 1 }])
    const [row] = await readAll(rig, parquetInput('raw', names, [file]))
    expect(Object.entries(row!)).toEqual([
      ['n', 1],
      ['constructor', null],
      ['__proto__', null],
    ])
  })

  it('nor of a struct', async () => {
    const file = await writeRows(rig, contract('t', place), [{ place: {} }])
    expect(await readAll(rig, parquetInput('raw', place, [file]))).toEqual([{ place: { toString: null } }])
  })

  it('has statistics of its own', async () => {
    const { stats } = await writeQuery(
      rig,
      contract('t', names),
      sql`SELECT 1 AS n, 'a' AS constructor, 'b' AS "__proto__"`,
    )
    expect(Object.entries(stats).map(([name, { min }]) => [name, min])).toEqual([
      ['n', '1'],
      ['constructor', 'a'],
      ['__proto__', 'b'],
    ])
  })
})

describe('a value stays a value', () => {
  it.each([
    "o'x",
    "'; DROP TABLE x; --",
    '$1',
    "'||getenv('HOME')||'",
    '${raw}',
    '"@raw"',
    '\\',
    'ü\u{1f600}',
    '\ufeffx',
    'a\0b',
    '\u202e',
  ])('%j', async (value) => {
    expect(await queryAll(rig, sql`SELECT ${value} AS one, ${[value]} AS list`)).toEqual([
      { one: value, list: [value] },
    ])
  })

  it.each([
    ['a value', () => sql`SELECT ${'\ud800'} AS one`],
    ['a list', () => sql`SELECT ${['a', '\udfffb']} AS one`],
    ['a name', () => sql`SELECT 1 AS ${sql.id('a\ud800')}`],
  ])('or is refused when no file can hold it: %s', async (_, query) => {
    const problems = await problemsIn(Promise.resolve().then(() => queryAll(rig, query())))
    expect(problems.map(({ code }) => code)).toEqual(['query/value'])
  })
})
