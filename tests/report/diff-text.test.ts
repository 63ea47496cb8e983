import { expect, test } from 'vitest'
import { diffSummaryText, diffText } from '../../src/report/diff-text.ts'
import { cellTexts } from '../../src/report/diff-words.ts'
import { widthOf } from '../../src/report/width.ts'
import { keyless, noRows, same, trips } from './diffs.ts'

test('columns, rows, cells and examples of a table', () => {
  expect(diffText(trips).split('\n')).toEqual([
    'silver.trips  prod@9 .. dev@12',
    '  schema   + tip_share DOUBLE null',
    '           ~ fare DECIMAL(10,2) -> DECIMAL(12,2)',
    '  rows     1,204,331 -> 1,204,980: 650 added, 1 removed, 37 changed',
    '  changed  fare 37, zone_id 2',
    '  note     compared fare as DECIMAL(12,2)',
    '           not compared: tip_share',
    '    ~ vendor_id=2 picked_up_at=2019-01-03 10:22:01   fare 12.50 -> 13.00, zone_id NULL -> 7',
    "    + vendor_id=1 picked_up_at=2019-01-04 00:00:00 fare=5.00 zone_id=''",
    '',
  ])
})

test('whole rows are told with how often they are there', () => {
  expect(diffText(keyless)).toContain("    + line=' a|b '   2 times")
  expect(diffText(keyless)).toContain('no key: whole rows are compared')
})

test('what is the same is said with what showed it', () => {
  expect(diffText(same)).toBe(
    'bronze.raw  prod@9 .. dev@12\n  rows     the same 5 rows (the same content digest)\n',
  )
})

test('rows that share a key and another key of the contract are told', () => {
  const text = diffText({
    ...trips,
    contractKey: { before: ['vendor_id'], after: ['vendor_id', 'picked_up_at'] },
    rows: { ...trips.rows, duplicates: { before: { keys: 1, rows: 3 }, after: { keys: 0, rows: 0 } } },
  })
  expect(text).toContain('the key was (vendor_id) and is (vendor_id, picked_up_at)')
  expect(text).toContain('in prod@9 3 rows share 1 key: these are compared as whole rows')
})

test('a narrow terminal is not left', () => {
  for (const width of [40, 60, 80])
    for (const line of diffText(trips, { width }).split('\n'))
      expect(widthOf(line)).toBeLessThanOrEqual(width)
  for (const line of diffSummaryText([trips, keyless], { width: 60 }).split('\n'))
    expect(widthOf(line)).toBeLessThanOrEqual(60)
})

test('nothing that a terminal would obey comes from data', () => {
  const evil = '\u001b[2J\u001b]0;x\u0007a\nb'
  const text = diffText({
    ...trips,
    rows: {
      ...trips.rows,
      examples: { ...noRows.examples, added: [{ row: { [evil]: evil }, count: 1 }] },
    },
  })
  expect(text).not.toContain('\u001b')
  expect(text).toContain('a⏎b=a⏎b')
})

test('of long values the part is shown where they begin to differ', () => {
  const long = 'x'.repeat(500)
  const [before, after] = cellTexts({ column: 'c', before: `${long}a${long}`, after: `${long}b${long}` })
  expect(before).toMatch(/^…x{16}ax+…$/)
  expect(after).toMatch(/^…x{16}bx+…$/)
})

test('many tables have one line each, and those with the same rows are counted', () => {
  const { to: _, ...before } = trips
  const gone = { ...before, table: 'silver.old', rows: { ...noRows, removed: 9 } }
  expect(
    diffSummaryText([trips, gone, same])
      .split('\n')
      .map((line) => line.replaceAll(/ {2,}/g, ' | ')),
  ).toEqual([
    'table | versions | added | removed | changed | cells | schema',
    'silver.trips | prod@9 .. dev@12 | 650 | 1 | 37 | fare 37, zone_id 2 | +1 ~1',
    'silver.old | prod@9 .. - | 0 | 9 | 0 | table removed',
    '2 tables differ; 1 table with another version has the same rows.',
    '',
  ])
  expect(diffSummaryText([])).toBe('No table differs.\n')
})
