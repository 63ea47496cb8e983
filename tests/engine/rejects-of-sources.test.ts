import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { t } from '../../src/contract/types.ts'
import { openRig, problemsIn, type Rig } from './kit.ts'
import { readParted } from './kit-parted.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

const columns = { id: t.integer(), name: t.varchar().nullable(), day: t.date().nullable() }
function parted(texts: readonly (string | Uint8Array)[], options: Parameters<typeof readParted>[3] = {}) {
  return readParted(rig, texts, columns, options)
}

describe('a CSV source with rejects', () => {
  const day = new Date('2020-01-02')
  it('reads a good file as ever', async () => {
    const { good, bad, counts } = await parted(['id,name,day\n1,a,2020-01-02\n'])
    expect([good, bad, counts]).toEqual([[{ id: 1, name: 'a', day }], [], { rows: 1, rejected: 0 }])
  })

  it.each<[string, string, object]>([
    ['a value of another type', 'x,b,2020-01-02', { column: 'id', reason: '"x" is not INTEGER' }],
    ['a fraction of a whole number', '1.7,b,', { column: 'id', reason: '"1.7" is not INTEGER' }],
    [
      'nothing where there must be a value',
      ',b,',
      { column: 'id', reason: 'there is no value, and the column is not nullable' },
    ],
    [
      'two wrong values',
      'x,b,y',
      { column: 'id', reason: '"x" is not INTEGER; column \'day\': "y" is not DATE' },
    ],
    ['too few fields', '2,b', { column: null, reason: 'it has 2 fields, and the header 3' }],
    ['too many fields', '2,b,,4', { column: null, reason: 'it has 4 fields, and the header 3' }],
    ['text behind a quote', '2,"b"c,', { column: null, reason: 'text stands behind a closing quote' }],
    ['a quote that does not end', '2,"b,', { column: null, reason: 'a quote does not end' }],
  ])('puts a row aside: %s', async (_, row, told) => {
    const text = `id,name,day\r\n1,"a\r\n""b""",2020-01-02\r\n${row}\r\n3,c,\r\n`
    const { good, bad, counts } = await parted([text])
    expect(good).toEqual([
      { id: 1, name: 'a\r\n"b"', day },
      { id: 3, name: 'c', day: null },
    ])
    expect(bad).toEqual([{ file: 'f0', line: 4n, raw: row, ...told }])
    expect(counts).toEqual({ rows: 3, rejected: 1 })
  })

  it('knows lines behind skipped ones and comments, in packed files, and names each file', async () => {
    const text = 'made by us\n\n# more\nid,name,day\n1,a,\n# none\nx,"l\nm",\n\n2,b,\n'
    const dialect = { skip: 2, comment: '#' }
    const { good, bad } = await parted([gzipSync(text), gzipSync('a\nb\nid,name,day\ny,,\n')], {
      dialect,
      ending: 'csv.gz',
    })
    expect(good).toEqual([1, 2].map((id) => expect.objectContaining({ id })))
    expect(bad.map(({ file, line, raw }) => [file, line, raw])).toEqual([
      ['f0', 7n, 'x,"l\nm",'],
      ['f1', 4n, 'y,,'],
    ])
  })

  it('rejects bytes that are no UTF-8, in a column that is not read too', async () => {
    const text = Buffer.from('id,name,day\n1,caf\xe9,\n2,b,\n', 'latin1')
    const { good, bad } = await parted([text], { pick: ['id'] })
    expect([good.length, bad]).toEqual([
      1,
      [{ file: 'f0', line: 2n, column: null, reason: 'it is not UTF-8', raw: '1,caf\ufffd,' }],
    ])
  })

  it('fails when more rows are bad than it may have', async () => {
    const text = 'id,name,day\nx,,\n1,,\ny,,\n2,,\n'
    const byCount = await problemsIn(parted([text], { most: { rows: 1 } }))
    expect(byCount.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      "source/too-many-rejects: source 'raw': more than 1 row is not what it declares",
    ])
    expect(byCount[0]?.related?.map(({ where }) => where?.line)).toEqual([2, 4])
    const [byShare] = await problemsIn(parted([text], { most: { share: 0.4 } }))
    expect(byShare?.message).toContain('2 rows of 4, more than 40%')
    expect((await parted([text], { most: { share: 0.5 } })).counts.rejected).toBe(2)
  })

  it('still refuses a file whose columns are not those that are declared', async () => {
    const problems = await problemsIn(parted(['id,nam,day\n1,a,\n']))
    expect(problems.map(({ code }) => code)).toEqual(['source/columns', 'source/columns'])
  })
})
