import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gzipSync } from 'node:zlib'
import { t } from '../../src/contract/types.ts'
import { beginsWithCrLf } from '../../src/engine/duckdb/line-ends.ts'
import { openRig, problemsIn, readAll, sourceInput, type Rig } from './kit.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

const shape = { a: t.varchar().nullable() }
const names = (count: number) => Array.from({ length: count }, (_, at) => `c${at}`).join(',')

/** A line of more bytes than DuckDB holds of a file at a time. */
const long = (before: string, after: string) =>
  Buffer.concat([Buffer.from(before), Buffer.alloc(70e6, 'x'), Buffer.from(after)])

describe('what is larger than Sluice reads is told with its file and the limit', () => {
  it.each<readonly [string, string, 'csv' | 'json' | 'ndjson', string | Buffer, RegExp]>([
    [
      'too many columns',
      'a.csv',
      'csv',
      `a,${names(10_000)}\n1\n`,
      /10,001 columns, and the limit is 10,000/,
    ],
    [
      'a header of a million columns',
      'a.csv',
      'csv',
      `a,${names(1_000_000)}\n1\n`,
      /a line has more than [\d,]+ bytes/,
    ],
    ['too many columns, packed', 'a.csv.gz', 'csv', gzipSync(`a,${names(20_000)}\n1\n`), /20,001 columns/],
    ['a long line', 'a.csv', 'csv', `a\n${'x'.repeat(3e6)}\n`, /a line has more than [\d,]+ bytes/],
    ['a long quoted field', 'a.csv', 'csv', `a\n"${'x'.repeat(3e6)}"\n`, /a line has more than [\d,]+ bytes/],
    [
      'a first line that fills buffers',
      'a.csv',
      'csv',
      long('', '\n1\n'),
      /a line has more than [\d,]+ bytes/,
    ],
    [
      'a line that fills buffers',
      'a.csv',
      'csv',
      long('a\n1\n', '\n2\n'),
      /a line has more than [\d,]+ bytes/,
    ],
    [
      'a field that fills buffers',
      'a.csv',
      'csv',
      long('a\n1\n"', '"\n2\n'),
      /a line has more than [\d,]+ bytes/,
    ],
    // DuckDB drops the last line here, and says nothing.
    ['a last line without end', 'a.csv', 'csv', long('a\n1\n', ''), /a line has more than [\d,]+ bytes/],
    [
      'a last line without end, packed',
      'a.csv.gz',
      'csv',
      gzipSync(long('a\n1\n', '')),
      /a line has more than [\d,]+ bytes/,
    ],
    [
      'a long line of JSON',
      'a.ndjson',
      'ndjson',
      `{"a": "${'x'.repeat(4e7)}"}\n`,
      /a value has more than [\d,]+ bytes/,
    ],
    [
      'a long object of JSON',
      'a.json',
      'json',
      `[{"a": "${'x'.repeat(4e7)}"}]`,
      /a value has more than [\d,]+ bytes/,
    ],
  ])('%s', async (_, name, format, content, says) => {
    const file = await rig.file(name, content)
    const [problem, ...others] = await problemsIn(
      readAll(rig, sourceInput('raw', shape, [file], { format, extra: 'ignore' })),
    )
    expect(problem).toMatchObject({ code: 'source/limit', where: { file } })
    expect(problem!.message).toMatch(says)
    expect(problem!.hint).toBeDefined()
    expect(others).toEqual([])
  })

  it('and what is as large as the limit is read', async () => {
    const file = await rig.file('a.csv', `a,${names(9_999)}\n1${',2'.repeat(9_999)}\n`)
    expect(await readAll(rig, sourceInput('raw', shape, [file], { extra: 'ignore' }))).toEqual([{ a: '1' }])
  })
})

describe('a CSV file that several threads read', () => {
  it('gives its header, not the first line of any of its parts', async () => {
    const file = await rig.file('a.csv', Buffer.concat([Buffer.from('a\n'), Buffer.alloc(80e6, '1234567\n')]))
    for (let n = 0; n < 10; n++) {
      const input = { ...sourceInput('raw', shape, [file]), sample: 1 }
      expect(await readAll(rig, input)).toEqual([{ a: '1234567' }])
    }
  })

  it('is read where it is large, packed, and ends as it should or not', async () => {
    const rows = Buffer.alloc(40e6, '1234567\n')
    for (const end of ['', '8']) {
      const packed = gzipSync(Buffer.concat([Buffer.from('a\n'), rows, Buffer.from(end)]), { level: 1 })
      const file = await rig.file('a.csv.gz', packed)
      const input = { ...sourceInput('raw', shape, [file]), sample: 2 }
      expect(await readAll(rig, input)).toHaveLength(2)
    }
  })
})

describe('deep JSON', () => {
  it.each([
    ['json', `[{"a": ${'['.repeat(1e5)}${']'.repeat(1e5)}}]`],
    ['ndjson', `{"a": ${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}}\n`],
  ] as const)('ends nothing: %s', async (format, content) => {
    const file = await rig.file(`a.${format}`, content)
    const read = readAll(rig, sourceInput('raw', shape, [file], { format })).catch((error: unknown) => error)
    const outcome = await read
    if (outcome instanceof Error) expect(await problemsIn(Promise.reject(outcome))).not.toEqual([])
    expect(await readAll(rig, sourceInput('raw', shape, [await rig.file('b.csv', 'a\n1\n')]))).toEqual([
      { a: '1' },
    ])
  })
})

describe('the end of the first line', () => {
  it.each([
    ['a\r\nb', true],
    ['a\nb\r\n', false],
    ['\n', false],
    ['\r\n', true],
    ['', false],
    ['a', false],
  ])('of %j is found', async (text, is) => {
    expect(await beginsWithCrLf(await rig.file('a.csv', text))).toBe(is)
    expect(await beginsWithCrLf(await rig.file('a.csv.gz', gzipSync(text)))).toBe(is)
  })

  it('is not looked for in all that a few bytes unpack to', async () => {
    expect(await beginsWithCrLf(await rig.file('a.csv.gz', gzipSync(Buffer.alloc(60e6))))).toBe(false)
  })
})
