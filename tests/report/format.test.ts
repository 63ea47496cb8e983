import { describe, expect, test } from 'vitest'
import { bytesText, countText, plural } from '../../src/report/amount.ts'
import { colourWanted } from '../../src/report/paint.ts'
import { reasonText } from '../../src/report/reason-text.ts'
import { tableLines } from '../../src/report/table-text.ts'
import { agoText, durationText } from '../../src/report/time.ts'
import { cutEnd, cutMiddle, oneLine, pad, widthOf } from '../../src/report/width.ts'

describe('width', () => {
  test.each([
    ['abc', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['👍🏽', 2],
    ['👩‍👩‍👧', 2],
    ['❤\ufe0f', 2],
    ['\u001b[31mred\u001b[39m', 3],
    ['', 0],
  ])('of %j is %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width)
  })

  test.each([
    ['abcdef', 6, 'abcdef', 'abcdef'],
    ['abcdef', 5, 'abcd…', 'ab…ef'],
    ['abcdef', 1, '…', '…'],
    ['abcdef', 0, '', ''],
    ['日本語日本語', 6, '日本…', '日…語'],
    ['e\u0301e\u0301e\u0301e\u0301', 3, 'e\u0301e\u0301…', 'e\u0301…e\u0301'],
  ])('%j cut to %i is %j at its end and %j in its middle', (text, width, end, middle) => {
    expect(cutEnd(text, width)).toBe(end)
    expect(cutMiddle(text, width)).toBe(middle)
  })

  test('text is padded by columns, not by characters', () => {
    expect([pad('日', 4), pad('日', 4, 'left'), pad('日本語', 4)]).toEqual(['日  ', '  日', '日本語'])
  })

  test.each([
    ['a\nb\tc', 'a⏎b c'],
    ['\u001b[2Jgone\u0007', 'gone\ufffd'],
    ['\u001b]0;title\u0007text', 'text'],
    ['\u009b31mred', 'red'],
    ['ünï', 'ünï'],
  ])('%j is printed as %j', (text, safe) => {
    expect(oneLine(text)).toBe(safe)
  })
})

test.each([
  [0, '0ms'],
  [949, '949ms'],
  [999, '1.0s'],
  [59_949, '59.9s'],
  [59_960, '1m 00s'],
  [125_400, '2m 05s'],
  [3_599_700, '1h 00m'],
  [3_780_000, '1h 03m'],
])('%i ms are %s', (ms, text) => {
  expect(durationText(ms)).toBe(text)
})

test.each([
  ['2026-01-02T00:00:05Z', 'just now'],
  ['2026-01-01T23:59:30Z', '40 s ago'],
  ['2026-01-01T23:55:00Z', '5 min ago'],
  ['2026-01-01T21:00:00Z', '3 h ago'],
  ['2025-12-31T23:00:00Z', '1 day ago'],
  ['2025-12-21T00:00:00Z', '12 days ago'],
  ['2025-11-01T00:00:00Z', '2025-11-01'],
  ['2027-01-01T00:00:00Z', '2027-01-01'],
  ['no time', 'no time'],
])('%s is %s', (at, text) => {
  expect(agoText(at, new Date('2026-01-02T00:00:10Z'))).toBe(text)
})

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [9949, '9.9 kB'],
  [9960, '10 kB'],
  [999_700, '1.0 MB'],
  [35e9, '35 GB'],
])('%d bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text)
})

test('counts have commas and a singular', () => {
  expect([countText(1234567), countText(-1234), countText(999), plural(1, 'row'), plural(0, 'row')]).toEqual([
    '1,234,567',
    '-1,234',
    '999',
    '1 row',
    '0 rows',
  ])
})

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
  [{ TERM: 'dumb' }, true, false],
  [{ CI: 'true' }, false, false],
])('with %j and a terminal: %s, colours are %s', (env: Record<string, string>, terminal, wanted) => {
  expect(colourWanted(env, terminal)).toBe(wanted)
})

test.each([
  [{ word: 'never-run' } as const, 'never-run'],
  [{ word: 'input-changed', subject: 'raw' } as const, 'input-changed raw'],
  [{ word: 'input-changed', subject: 'raw', detail: 't@3 -> t@4' } as const, 'input-changed raw: t@3 -> t@4'],
  [{ word: 'args-changed', subject: 'fare', detail: 'fare: 3 -> 5' } as const, 'args-changed fare: 3 -> 5'],
  [{ word: 'untracked', where: { file: 'a.ts', line: 3, column: 2 } } as const, 'untracked (a.ts:3:2)'],
])('the reason %j is told as %s', (reason, text) => {
  expect(reasonText(reason)).toBe(text)
})

describe('a table of texts', () => {
  const columns = [{ title: 'name' }, { title: 'rows', align: 'right' as const }]

  test('is aligned, numbers to the right', () => {
    expect(
      tableLines(columns, [
        ['a', '1'],
        ['日本', '1,000'],
      ]),
    ).toEqual(['name   rows', 'a         1', '日本  1,000'])
  })

  test('is cut to the width, the widest column first', () => {
    const lines = tableLines(columns, [['silver.a_very_long_name', '1,000']], { width: 20 })
    expect(lines).toEqual(['name            rows', 'silver…g_name  1,000'])
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(20)
  })

  test('keeps each row in one line whatever is in it', () => {
    expect(tableLines([{ title: 'a' }], [['x\ny\u001b[31m'], []])).toEqual(['a', 'x⏎y', ''])
  })

  test('loses its minor columns before others become illegible, the last first', () => {
    const some = [
      { title: 'name' },
      { title: 'when', minor: true as const },
      { title: 'id', minor: true as const, cut: 'end' as const },
    ]
    const rows = [['silver.trips', 'just now', '01m7wfhcznyqx04srk5b7s7dgg']]
    expect(tableLines(some, rows, { width: 50 })[1]).toBe(
      'silver.trips  just now  01m7wfhcznyqx04srk5b7s7dgg',
    )
    expect(tableLines(some, rows, { width: 40 })[1]).toBe('silver.trips  just now  01m7wfhcznyqx04…')
    expect(tableLines(some, rows, { width: 30 })[1]).toBe('silver.trips  just now')
    expect(tableLines(some, rows, { width: 14 })[1]).toBe('silver.trips')
    expect(tableLines(some, rows, { width: 8 })[1]).toBe('silv…ips')
  })

  test('with a hundred columns is cut as far as it can be, and ends', () => {
    const many = Array.from({ length: 100 }, (_, at) => ({ title: `column ${at} with a name` }))
    expect(widthOf(tableLines(many, [], { width: 80 })[0] ?? '')).toBe(100 * 6 + 99 * 2)
  })
})
