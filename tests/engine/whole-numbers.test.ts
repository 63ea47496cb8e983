import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Connection } from '../../src/engine/duckdb/connection.ts'
import { isFraction, wholeNumber } from '../../src/engine/duckdb/source-columns.ts'
import { quoteText } from '../../src/engine/duckdb/sql-text.ts'

let instance: DuckDBInstance
let connection: Connection
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:')
  connection = await Connection.open(instance)
})
afterAll(async () => {
  await connection.close()
  instance.closeSync()
})

const types = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'] as const

/** The same without the short way for texts of nothing but digits. */
function slowly(sql: string, type: string): string {
  return `CAST(CASE WHEN ${isFraction(sql)} THEN error('a fraction') ELSE ${sql} END AS ${type})`
}

/** The short way without the one digit that a fraction lacks. */
function wrongly(sql: string, type: string): string {
  return wholeNumber(sql, type).replace('[0, 10, ', '[0, 0, 10, ')
}

/** What an expression makes of each text; NULL where it makes an error. */
async function valuesOf(texts: readonly string[], type: string, of: typeof wholeNumber): Promise<unknown[]> {
  const tried = of('text', type)
    .replaceAll(/error\('[^']*'\)/g, 'NULL')
    .replaceAll(/(?<!TRY_)CAST\(/g, 'TRY_CAST(')
  const rows = texts.map((text, at) => `(${at}, ${quoteText(text)})`).join(', ')
  const found = await connection.rows(
    `SELECT CAST(${tried} AS VARCHAR) AS v FROM (VALUES ${rows}) AS t(n, text) ORDER BY n`,
  )
  return found.map(({ v }) => v)
}

describe('a whole number from a text', () => {
  it.each<[string, string | null]>([
    ['1', '1'],
    ['10', '10'],
    ['-12', '-12'],
    ['+5', '5'],
    ['007', '7'],
    [' 1 ', '1'],
    ['\t1', '1'],
    ['1_000', '1000'],
    ['0x10', '16'],
    ['0b11', '3'],
    ['1.', '1'],
    ['1.0', '1'],
    ['-0.0', '0'],
    ['1e3', '1000'],
    ['1E+2', '100'],
    ['1.5e1', '15'],
    ['10e-1', '1'],
    ['0.7', null],
    ['.7', null],
    ['9.7', null],
    ['99.5', null],
    ['999999.5', null],
    ['-1.5', null],
    ['15e-1', null],
    ['1.55e1', null],
    ['9999e-3', null],
    ['+-3', null],
    ['--3', null],
    ['-', null],
    ['.', null],
    ['', null],
    ['1e', null],
    ['1e400', null],
    ['90000000000000000000e-16', null],
    ['inf', null],
    ['nan', null],
    ['true', null],
    ['1,0', null],
    ['1d', null],
    ['１', null],
    ['9007199254740993', '9007199254740993'],
    ['9007199254740993.0', '9007199254740993'],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['9223372036854775808', null],
    ['1e18', '1000000000000000000'],
    ['1e19', null],
    ['4503599627370497.5', null],
    ['1.9999999999999999999', null],
    ['0.00000000000000000000000001', null],
    ['1e-400', null],
    ['1e-99999999999999999999', null],
    ['0e-5', '0'],
    ['1500e-2', '15'],
    ['\t1_500.0e-2\n', '15'],
    ['0x1E', '30'],
  ])('%j is %j as BIGINT', async (text, value) => {
    expect(await valuesOf([text], 'BIGINT', wholeNumber)).toEqual([value])
  })

  it.each([
    ['TINYINT', '127', '128', '127.4'],
    ['SMALLINT', '-32768', '32768', '32767.4'],
    ['INTEGER', '2147483647', '2147483648', '2147483647.4'],
  ])('the limits of %s', async (type, most, more, fraction) => {
    expect(await valuesOf([most, more, fraction], type, wholeNumber)).toEqual([most, null, null])
  })

  it('is an error, and not a value, where it has a fraction', async () => {
    const asked = connection.run(
      `SELECT ${wholeNumber('text', 'BIGINT')} FROM (VALUES ('12'), ('9.7')) AS t(text)`,
    )
    await expect(asked).rejects.toThrow('sluice: not a whole number')
  })

  it('is the same by the short way as by the long one', async () => {
    const property = fc.asyncProperty(fc.array(text, { minLength: 200, maxLength: 200 }), async (texts) => {
      for (const type of types)
        expect(await valuesOf(texts, type, wholeNumber)).toEqual(await valuesOf(texts, type, slowly))
    })
    await fc.assert(property, { numRuns: 10 })
  })

  it('is exactly what its digits say, or an error', async () => {
    const property = fc.asyncProperty(
      fc.array(decimal, { minLength: 200, maxLength: 200 }),
      async (texts) => {
        const found = await valuesOf(texts, 'BIGINT', wholeNumber)
        for (const [at, text] of texts.entries())
          expect([text, found[at]]).toBeOneOf([
            [text, exactly(text)],
            [text, null],
          ])
        // Where nothing is near a limit, there is a value.
        for (const [at, text] of texts.entries())
          if (/^-?[1-9]\d{0,8}(\.0*)?$/.test(text)) expect([text, found[at]]).toEqual([text, exactly(text)])
      },
    )
    await fc.assert(property, { numRuns: 10 })
  })

  it('would be found to be another by an expression that goes by doubles', async () => {
    const byDouble = (sql: string, type: string) =>
      `CASE WHEN TRY_CAST(${sql} AS DOUBLE) <> trunc(TRY_CAST(${sql} AS DOUBLE)) THEN error('no') ELSE CAST(${sql} AS ${type}) END`
    expect(await valuesOf(['1.9999999999999999999'], 'BIGINT', byDouble)).toEqual(['2'])
  })

  it('would not be the same if the short way took numbers with a digit less', async () => {
    const texts = ['9.7', '99.5', '12']
    expect(await valuesOf(texts, 'BIGINT', slowly)).toEqual([null, null, '12'])
    expect(await valuesOf(texts, 'BIGINT', wrongly)).not.toEqual([null, null, '12'])
  })
})

/** The whole number that a decimal text is, by its digits; null when it has a fraction. */
function exactly(text: string): string | null {
  const [, sign, whole = '', decimals = '', power = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:e(.*))?$/i.exec(text) ?? []
  const scale = decimals.length - Number(power)
  const all = BigInt(`${whole}${decimals}` || '0')
  const unit = 10n ** BigInt(Math.abs(scale))
  if (scale > 0 && all % unit !== 0n) return null
  const value = scale > 0 ? all / unit : all * unit
  return String(sign === '-' ? -value : value)
}

const digit = Array.from({ length: 10 }, (_, value) => String(value))
const marks = ['.', 'e', 'E', '+', '-', '_', ' ', 'x', 'i', 'n', 'f', 'a']
const digits = (most: number) =>
  fc
    .array(fc.constantFrom(...digit, '0', '9', '9'), { minLength: 1, maxLength: most })
    .map((all) => all.join(''))
const join = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((all) => all.join(''))
const sign = fc.constantFrom('', '', '-', '+')
const exponent = join(fc.constantFrom('e', 'E', 'e-', 'e+'), digits(2))
const near = fc
  .tuple(fc.constantFrom(7n, 15n, 31n, 51n, 52n, 53n, 63n), fc.integer({ min: -3, max: 3 }))
  .map(([power, more]) => String(2n ** power + BigInt(more)))
const power = fc.nat(18).map((zeros) => `1${'0'.repeat(zeros)}`)
const nines = fc.nat(18).map((more) => '9'.repeat(more))
const zeros = fc.nat(20).map((more) => '0'.repeat(more))
const decimal = fc.oneof(
  join(sign, digits(18)),
  join(sign, fc.oneof(near, power, nines, digits(18)), fc.constant('.'), fc.oneof(zeros, digits(20))),
  join(sign, digits(10), fc.constant('.'), digits(12), zeros, fc.constantFrom('e', 'e-', 'E'), digits(2)),
  join(sign, digits(6), zeros, fc.constant('e-'), digits(2)),
)
const text = fc.oneof(
  join(sign, digits(21)),
  join(sign, fc.oneof(near, power, nines, digits(20)), fc.constantFrom('', '.'), digits(4)),
  join(sign, fc.oneof(near, nines), fc.constantFrom('.5', '.4999999999999999', '.50', '.0', '.')),
  join(sign, digits(19), exponent),
  join(sign, digits(6), fc.constant('.'), digits(20), exponent),
  join(fc.constantFrom(' ', '\t', ''), digits(3), fc.constantFrom(' ', '_0', '_', 'd', '\u00a0')),
  fc.string({ unit: fc.constantFrom(...digit, ...marks), maxLength: 7 }),
)
