import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Columns } from '../../src/contract/column.ts'
import { t } from '../../src/contract/types.ts'
import {
  contract,
  handle,
  openRig,
  problemsIn,
  queryAll,
  readAll,
  sourceInput,
  sql,
  told,
  writeQuery,
  type Rig,
  type SourceOptions,
} from './kit.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

const columns = { id: t.integer(), name: t.varchar().nullable(), amount: t.decimal(10, 2).nullable() }

async function read(
  text: string | Uint8Array,
  options: SourceOptions = {},
  named = 'a.csv',
  types: Columns = columns,
) {
  return readAll(rig, sourceInput('raw', types, [await rig.file(named, text)], options))
}

describe('a CSV source', () => {
  const ann = { id: 1, name: 'ann', amount: '1.50' }
  it.each<[string, string | Uint8Array, SourceOptions, object[]]>([
    ['as it is usual', 'id,name,amount\n1,ann,1.50\n', {}, [ann]],
    ['columns in another order', 'amount,id,name\n1.50,1,ann\n', {}, [ann]],
    ['columns more than declared', 'x,id,X,name,amount\n9,1,8,ann,1.50\n', { extra: 'ignore' }, [ann]],
    [
      'semicolons and decimal commas',
      'id;name;amount\n1;ann;1,5\n',
      { dialect: { delimiter: ';', decimalSeparator: ',' } },
      [ann],
    ],
    ['no header', '1,ann,1.50\n', { dialect: { header: false } }, [ann]],
    ['no header and more columns', '1,ann,1.50,x\n', { dialect: { header: false }, extra: 'ignore' }, [ann]],
    ['lines to skip', '# made by us\n\nid,name,amount\n1,ann,1.50\n', { dialect: { skip: 2 } }, [ann]],
    ['a byte order mark', '\ufeffid,name,amount\n1,ann,1.50\n', {}, [ann]],
    [
      'quotes in header and values',
      '"id","name","amount"\n"1","a ""b"", c","1.50"\n',
      {},
      [{ ...ann, name: 'a "b", c' }],
    ],
    ['line breaks in values', 'id,name,amount\r\n1,"a\r\nb",1.50\r\n', {}, [{ ...ann, name: 'a\r\nb' }]],
    [
      'other quotes',
      "id,name,amount\n1,'a,b',1.50\n",
      { dialect: { quote: "'" } },
      [{ ...ann, name: 'a,b' }],
    ],
    [
      'empty fields, quoted or not',
      'id,name,amount\n1,,\n2,"",""\n',
      {},
      [1, 2].map((id) => ({ id, name: null, amount: null })),
    ],
    [
      'own words for NULL',
      'id,name,amount\n1,NULL,\\N\n',
      { dialect: { nulls: ['NULL', '\\N'] } },
      [{ id: 1, name: null, amount: null }],
    ],
    ['a header and nothing else', 'id,name,amount\n', {}, []],
    ['packed by gzip', gzipSync('id,name,amount\n1,ann,1.50\n'), {}, [ann]],
    ['whole numbers with a zero behind the point', 'id,name,amount\n1.0,ann,1.50\n', {}, [ann]],
    ['line ends of two kinds', 'id,name,amount\n1,ann,1.50\r\n', {}, [ann]],
  ])('is read: %s', async (_, text, options, rows) => {
    expect(await read(text, options, typeof text === 'string' ? 'a.csv' : 'a.csv.gz')).toEqual(rows)
  })

  it('reads only what is picked, so that other columns cannot fail', async () => {
    expect(await read('id,name,amount\n1,ann,oops\n', { pick: ['id'] })).toEqual([{ id: 1 }])
  })

  it('finds columns by name in files of different layouts', async () => {
    const files = [
      await rig.file('a.csv', 'id,name,amount\n1,a,1\n'),
      await rig.file('b.csv', 'name,amount,id\nb,2,2\n'),
    ]
    const rows = await readAll(rig, sourceInput('raw', columns, files))
    expect(rows.toSorted((a, b) => Number(a['id']) - Number(b['id']))).toEqual([
      { id: 1, name: 'a', amount: '1.00' },
      { id: 2, name: 'b', amount: '2.00' },
    ])
  })

  it('reads a file whose name looks like a pattern, and no other', async () => {
    const star = await rig.file('a*[1].csv', 'id,name,amount\n1,star,1\n')
    const { writeFile } = await import('node:fs/promises')
    await writeFile(path.join(path.dirname(star), 'ab1.csv'), 'id,name,amount\n2,other,2\n')
    expect(await readAll(rig, sourceInput('raw', columns, [star]))).toEqual([
      { id: 1, name: 'star', amount: '1.00' },
    ])
  })

  it('takes names with quotes and semicolons', async () => {
    const hostile = { 'it\'s; "x"': t.varchar(), 'a b, c': t.bigint() }
    const text = '"it\'s; ""x""","a b, c"\nv,1\n'
    expect(await read(text, {}, 'a.csv', hostile)).toEqual([{ 'it\'s; "x"': 'v', 'a b, c': 1n }])
  })

  it('reads dates as its formats say', async () => {
    const dates = { d: t.date(), at: t.timestamp() }
    const dialect = { dateFormat: '%d/%m/%Y', timestampFormat: '%d/%m/%Y %H:%M' }
    const rows = await read('d,at\n31/12/2020,31/12/2020 10:00\n', { dialect }, 'a.csv', dates)
    expect(rows).toEqual([{ d: new Date('2020-12-31'), at: new Date('2020-12-31T10:00:00Z') }])
  })

  it('keeps whole numbers of 64 bits exact', async () => {
    expect(await read('n\n9007199254740993\n', {}, 'a.csv', { n: t.bigint() })).toEqual([
      { n: 9007199254740993n },
    ])
  })

  it.each<[string, string | Uint8Array, SourceOptions, string[], number | undefined]>([
    ['no header', '', {}, ["source/format: source 'raw': the file has no header"], 1],
    [
      'a missing column',
      'id,nam,amount\n1,a,1\n',
      {},
      [
        "source/columns: source 'raw': the column 'name' is missing",
        "source/columns: source 'raw': the column 'nam' is not declared",
      ],
      1,
    ],
    [
      'another case of letters',
      'ID,name,amount\n1,a,1\n',
      { extra: 'ignore' },
      ["source/columns: source 'raw': the column 'id' is missing"],
      1,
    ],
    [
      'a column twice',
      'id,name,amount,id\n1,a,1,2\n',
      {},
      ["source/columns: source 'raw': the column 'id' stands twice"],
      1,
    ],
    [
      'no header and too few columns',
      '1,ann\n',
      { dialect: { header: false } },
      ["source/columns: source 'raw': the column 'amount' is missing"],
      1,
    ],
    [
      'a value of another type',
      'id,name,amount\n1,a,1\nx,b,2\n',
      {},
      ["source/value: source 'raw': column 'id': \"x\" is not INTEGER"],
      3,
    ],
    [
      'a number that is too large',
      'id,name,amount\n3000000000,a,1\n',
      {},
      ["source/value: source 'raw': column 'id': \"3000000000\" is not INTEGER"],
      2,
    ],
    [
      'a fraction in a whole number',
      'id,name,amount\n1,a,1\n1.7,b,2\n',
      {},
      ["source/value: source 'raw': column 'id': \"1.7\" is not INTEGER"],
      3,
    ],
    [
      'bytes that are no UTF-8',
      Buffer.from('id,name,amount\n1,caf\xe9,1\n', 'latin1'),
      {},
      ["source/encoding: source 'raw': the file is not UTF-8"],
      2,
    ],
    [
      'a line that is too short',
      'id,name,amount\n1,a,1\n2,b\n',
      {},
      ["source/format: source 'raw': Expected Number of Columns: 3 Found: 2"],
      3,
    ],
    [
      'a line that is too long',
      'id,name,amount\n1,a,1,9\n',
      {},
      ["source/format: source 'raw': Expected Number of Columns: 3 Found: 4"],
      2,
    ],
    [
      'a quote that is not closed',
      'id,name,amount\n1,"a,1\n2,b,2\n',
      {},
      ["source/format: source 'raw': Value with unterminated quote found."],
      2,
    ],
    [
      'a long line in a file of mixed line ends',
      'id,name,amount\n1,a,1\r\n2,b,2,9\r\n',
      {},
      ["source/format: source 'raw': 1 lines have more fields than the header"],
      undefined,
    ],
  ])('is refused: %s', async (_, text, options, expected, line) => {
    const problems = await problemsIn(read(text, options))
    expect(told(problems)).toEqual(expected)
    expect(problems[0]!.where?.file).toMatch(/a\.csv$/)
    expect(problems[0]!.where?.line).toBe(line)
  })

  it('tells the wrong columns of all files at once, and which name was meant', async () => {
    const files = [await rig.file('a.csv', 'id,nam,amount\n'), await rig.file('b.csv', 'idd,name,amount\n')]
    const problems = await problemsIn(readAll(rig, sourceInput('raw', columns, files)))
    expect(problems.map(({ where, hint }) => `${path.basename(where!.file)}: ${hint}`)).toEqual([
      "a.csv: did you mean 'nam'?",
      "a.csv: did you mean 'name'?",
      "b.csv: did you mean 'idd'?",
      "b.csv: did you mean 'id'?",
    ])
  })

  it('tells all wrong values at once, with their lines', async () => {
    const problems = await problemsIn(read('id,name,amount\nx,a,1\n2,b,y\n3,c,z\n'))
    expect(problems.map(({ where, message }) => `${where!.line} ${message}`)).toEqual([
      "2 source 'raw': column 'id': \"x\" is not INTEGER",
      "3 source 'raw': column 'amount': \"y\" is not DECIMAL(10,2)",
      "4 source 'raw': column 'amount': \"z\" is not DECIMAL(10,2)",
    ])
  })

  it('tells a wrong value that comes late in a stream, and not only the rows before it', async () => {
    const lines = Array.from({ length: 200_000 }, (_, at) => `${at},n,${at === 150_000 ? 'oops' : '1'}`)
    const problems = await problemsIn(read(`id,name,amount\n${lines.join('\n')}\n`))
    expect(told(problems)).toEqual([
      "source/value: source 'raw': column 'amount': \"oops\" is not DECIMAL(10,2)",
    ])
    expect(problems[0]!.where!.line).toBe(150_002)
  })

  it('tells wrong values when an output is written from it', async () => {
    const input = sourceInput('raw', columns, [await rig.file('a.csv', 'id,name,amount\n1,a,oops\n')])
    const problems = await problemsIn(
      writeQuery(rig, contract('t', columns), sql`SELECT * FROM ${handle('raw')}`, { inputs: [input] }),
    )
    expect(problems.map(({ code }) => code)).toEqual(['source/value'])
  })

  it('reads real files: orders of Northwind and a month of taxi trips', async () => {
    const data = path.join(import.meta.dirname, '../data')
    const orders = {
      orderID: t.integer(),
      productID: t.integer(),
      unitPrice: t.decimal(10, 2),
      quantity: t.smallint(),
      discount: t.double(),
    }
    const details = sourceInput('raw', orders, [path.join(data, 'order_details.csv')])
    expect(
      await queryAll(
        rig,
        sql`SELECT count(*) AS n, sum(unitPrice * quantity) AS total FROM ${handle('raw')}`,
        [details],
      ),
    ).toEqual([{ n: 2155n, total: '1354458.59' }])
    const names = (await readFile(path.join(data, 'taxi_2019_01.csv'), 'utf8'))
      .split('\n')[0]!
      .trim()
      .split(',')
    const trips = Object.fromEntries(
      names.map((name) => [name, name === 'fare_amount' ? t.decimal(10, 2) : t.varchar().nullable()]),
    )
    const taxi = sourceInput('raw', trips, [path.join(data, 'taxi_2019_01.csv')])
    const [row] = await queryAll(
      rig,
      sql`SELECT count(*) AS n, min(fare_amount) AS least FROM ${handle('raw')}`,
      [taxi],
    )
    expect(row).toEqual({ n: 500n, least: expect.stringMatching(/^-?\d+\.\d\d$/) as string })
  })
})
