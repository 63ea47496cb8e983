import { afterAll, beforeAll, expect, it } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import type { Column } from '../../src/contract/column.ts'
import type { CsvDialect } from '../../src/contract/source.ts'
import { t } from '../../src/contract/types.ts'
import { openRig, readAll, sourceInput, type Rig } from './kit.ts'
import { readParted } from './kit-parted.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

it.each<[string, Column, readonly string[], CsvDialect]>([
  [
    'INTEGER',
    t.integer(),
    ['1', ' 1 ', '1.0', '1.7', '1e3', '0x10', '1_000', '+5', '-', '2147483648', '1,5'],
    {},
  ],
  ['BIGINT, with a decimal comma', t.bigint(), ['1', '1.7', '1,0', '1,7'], { decimalSeparator: ',' }],
  ['DOUBLE', t.double(), ['1e3', 'inf', '1_000', '.5', '5.', '1,5', '1e400', 'true'], {}],
  ['DOUBLE, with a decimal comma', t.double(), ['1,5', '1.5', '1.000,5', ',5'], { decimalSeparator: ',' }],
  ['DECIMAL', t.decimal(6, 2), ['1', '99999.99', '1e2', '1,5', 'nan'], {}],
  ['DECIMAL, with a decimal comma', t.decimal(6, 2), ['1,5', '1.5', '1,555'], { decimalSeparator: ',' }],
  ['BOOLEAN', t.boolean(), ['true', 't', 'yes', '1', 'no', 'on', '2'], {}],
  ['DATE', t.date(), ['2020-01-02', '2020-1-2', '02/01/2020', '2020-02-30', '20200102'], {}],
  ['DATE, with a format', t.date(), ['31/12/2020', '2020-12-31', '31/12/2020 '], { dateFormat: '%d/%m/%Y' }],
  ['TIMESTAMP', t.timestamp(), ['2020-01-02', '2020-01-02T10:00:00Z', '2020-01-02 25:00:00'], {}],
  [
    'TIMESTAMP, with a format',
    t.timestamp(),
    ['31/12/2020 10:00', '2020-12-31 10:00'],
    { timestampFormat: '%d/%m/%Y %H:%M' },
  ],
  [
    'TIMESTAMP WITH TIME ZONE, with a format',
    t.timestamptz(),
    ['31/12/2020 10:00 +0200', '2020-12-31 10:00'],
    { timestampFormat: '%d/%m/%Y %H:%M %z' },
  ],
])(
  'a text is rejected when the plain reader refuses it, and else has the same value: %s',
  async (_, type, texts, dialect) => {
    const columns = { v: type, n: t.integer() }
    const options = { dialect: { delimiter: ';', ...dialect } }
    const plain = await Promise.all(
      texts.map(async (text, n) => {
        const file = await rig.file('a.csv', `v;n\n"${text}";${n}\n`)
        return readAll(rig, sourceInput('raw', columns, [file], options)).catch((error: unknown) => {
          if (problemsOf(error)) return []
          throw error
        })
      }),
    )
    const all = texts.map((text, n) => `"${text}";${n}\n`).join('')
    const { good, bad } = await readParted(rig, [`v;n\n${all}`], columns, options)
    expect(good.toSorted((a, b) => Number(a['n']) - Number(b['n']))).toEqual(plain.flat())
    expect(good.length + bad.length).toBe(texts.length)
  },
)
