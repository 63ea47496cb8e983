import { writeXlsx } from 'hucre/xlsx'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExcelPlace } from '../../src/contract/source.ts'
import { t } from '../../src/contract/types.ts'
import { openRig, problemsIn, readAll, sourceInput, told, type Rig } from '../engine/kit.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

const columns = {
  id: t.integer(),
  name: t.varchar().nullable(),
  day: t.date().nullable(),
  at: t.timestamp().nullable(),
  ok: t.boolean().nullable(),
  price: t.decimal(10, 2).nullable(),
}
const names = Object.keys(columns)
const day = new Date('2020-01-02')
const at = new Date('2020-01-02T03:04:05.250Z')

async function workbook(): Promise<Uint8Array> {
  return writeXlsx({
    sheets: [
      {
        name: 'Orders 2024',
        rows: [
          names,
          [1, 'a, "b"', day, at, true, 0.1 + 0.2],
          [2, null, null, null, null, null],
          [],
          [3, 'x\ny'],
        ],
        cells: new Map([['2,5', { value: 7.5, formula: 'F2+1', formulaResult: 7.5, type: 'formula' }]]),
      },
      { name: 'Late', rows: [['about this file'], [], names, [4, 12, null, null, false, 1]] },
      { name: 'Wrong', rows: [names, [1, 'x\ny'], [], ['two', 'b', day], [2.5]] },
    ],
  })
}

async function read(bytes: Uint8Array, excel: ExcelPlace = {}) {
  const input = sourceInput('raw', columns, [await rig.file('a.xlsx', bytes)], { format: 'excel' })
  if (input.from.kind !== 'source') throw new Error('no source')
  return readAll(rig, { ...input, from: { ...input.from, source: { ...input.from.source, excel } } })
}

describe('a source of Excel', () => {
  const none = { name: null, day: null, at: null, ok: null, price: null }
  it('is read with days, times, numbers, booleans, empty cells and the results of formulas', async () => {
    expect(await read(await workbook())).toEqual([
      { id: 1, name: 'a, "b"', day, at, ok: true, price: '0.30' },
      { ...none, id: 2, price: '7.50' },
      { ...none, id: 3, name: 'x\ny' },
    ])
  })

  it.each([['Late'], [2]])('is read from the sheet %s, below what stands above the names', async (sheet) => {
    expect(await read(await workbook(), { sheet, headerRow: 3 })).toEqual([
      { ...none, id: 4, name: '12', ok: false, price: '1.00' },
    ])
  })

  it.each<[string, ExcelPlace, string[]]>([
    [
      'a sheet that is not there',
      { sheet: 'Lat' },
      ["source/format: source 'raw': the workbook has no sheet 'Lat'"],
    ],
    ['a number too many', { sheet: 4 }, ["source/format: source 'raw': the workbook has no sheet 4"]],
    [
      'another header',
      { sheet: 'Late' },
      [
        ...names.map((name) => `source/columns: source 'raw': the column '${name}' is missing`),
        "source/columns: source 'raw': the column 'about this file' is not declared",
      ],
    ],
  ])('is refused: %s', async (_, excel, problems) => {
    expect(told(await problemsIn(workbook().then((bytes) => read(bytes, excel))))).toEqual(problems)
  })

  it('says which sheet may be meant, and which there are', async () => {
    const hints = async (sheet: string) =>
      (await problemsIn(workbook().then((bytes) => read(bytes, { sheet }))))[0]?.hint
    expect(await hints('Lat')).toContain("'Late'")
    expect(await hints('zzzzzzzz')).toBe("there is 'Orders 2024', 'Late', 'Wrong'")
  })

  it('tells wrong values with the row of the sheet', async () => {
    const problems = await problemsIn(workbook().then((bytes) => read(bytes, { sheet: 'Wrong' })))
    expect(problems.map(({ message, where }) => [message, where?.line])).toEqual([
      [`source 'raw': column 'id': "two" is not INTEGER`, 4],
      [`source 'raw': column 'id': "2.5" is not INTEGER`, 5],
    ])
    expect(problems[0]?.where?.file).toMatch(/a\.xlsx$/)
  })

  it.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['no zip', () => Buffer.from('id,name\n1,a\n')],
    ['nothing', () => Buffer.alloc(0)],
    ['half a zip', (bytes) => bytes.subarray(0, bytes.length / 2)],
    [
      'a byte that is another',
      (bytes) => {
        const copy = Buffer.from(bytes)
        copy.fill(0xff, 60, 200)
        return copy
      },
    ],
    ['a workbook with a password', () => Buffer.from('d0cf11e0a1b11ae1'.repeat(200), 'hex')],
  ])('is refused as a whole: %s', async (_, change) => {
    const problems = await problemsIn(workbook().then((bytes) => read(change(Buffer.from(bytes)))))
    expect(problems.map(({ code }) => code)).toEqual(['source/format'])
  })
})
