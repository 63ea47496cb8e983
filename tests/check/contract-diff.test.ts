import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changeRules } from '../../src/check/contract-change.ts'
import { diffContracts } from '../../src/check/contract-diff.ts'
import { isWidening } from '../../src/check/widening.ts'
import { check } from '../../src/contract/check.ts'
import { declareTable } from '../../src/contract/declare.ts'
import type { DeclaredTable } from '../../src/contract/spec.ts'
import { table, type TableOptions } from '../../src/contract/table.ts'
import { t } from '../../src/contract/types.ts'
import type { Columns } from '../../src/contract/column.ts'
import { anyTable } from './any-table.ts'

function declared(name: string, columns: Columns, options: TableOptions<Columns> = {}): DeclaredTable {
  return declareTable(table(name, columns, options).origin, () => undefined)
}

const zones = table('silver.zones', { zone_id: t.integer(), borough: t.varchar() })
const a = t.integer()
const told = (before: DeclaredTable[], after: DeclaredTable[]) =>
  diffContracts(before, after).map(({ level, kind, column, what }) =>
    [level, kind, ...(column === undefined ? [] : [column]), what].join(' | '),
  )

/** One table before and after, and what is told of it. */
const cases: readonly (readonly [string, DeclaredTable, DeclaredTable, readonly string[]])[] = [
  ['nothing', declared('x', { a }), declared('x', { a }), []],
  [
    'a column that is gone',
    declared('x', { a, b: a }),
    declared('x', { a }),
    ['breaking | column-removed | b | removed'],
  ],
  [
    'a new column',
    declared('x', { a }),
    declared('x', { a, b: t.varchar().nullable() }),
    ['compatible | column-added | b | added, VARCHAR NULL'],
  ],
  [
    'another type',
    declared('x', { a: t.decimal(10, 2) }),
    declared('x', { a: t.double() }),
    ['breaking | type-changed | a | DECIMAL(10,2) -> DOUBLE'],
  ],
  [
    'a wider type',
    declared('x', { a }),
    declared('x', { a: t.bigint() }),
    ['breaking | type-changed | a | INTEGER -> BIGINT'],
  ],
  [
    'NULL that is allowed',
    declared('x', { a }),
    declared('x', { a: a.nullable() }),
    ['breaking | null-allowed | a | may be NULL now'],
  ],
  [
    'NULL that is refused',
    declared('x', { a: a.nullable() }),
    declared('x', { a }),
    ['compatible | null-refused | a | is never NULL any more'],
  ],
  [
    'a new key',
    declared('x', { a }),
    declared('x', { a }, { key: ['a'] }),
    ['compatible | key-added | key (a) added'],
  ],
  [
    'a key that is gone',
    declared('x', { a }, { key: ['a'] }),
    declared('x', { a }),
    ['breaking | key-removed | key (a) removed'],
  ],
  [
    'a key of more columns',
    declared('x', { a, b: a }, { key: ['a'] }),
    declared('x', { a, b: a }, { key: ['a', 'b'] }),
    ['breaking | key-changed | key (a) -> (a, b)'],
  ],
  [
    'a key in another order',
    declared('x', { a, b: a }, { key: ['a', 'b'] }),
    declared('x', { a, b: a }, { key: ['b', 'a'] }),
    ['neutral | key-reordered | key (a, b) -> (b, a)'],
  ],
  [
    'unique',
    declared('x', { a }),
    declared('x', { a: a.unique() }),
    ['compatible | unique-added | a | unique (a) added'],
  ],
  [
    'unique no longer',
    declared('x', { a: a.unique() }),
    declared('x', { a }),
    ['breaking | unique-removed | a | unique (a) removed'],
  ],
  [
    'a new reference',
    declared('x', { a }),
    declared('x', { a: a.references(zones, 'zone_id') }),
    ['compatible | reference-added | a | references silver.zones.zone_id added'],
  ],
  [
    'a reference that is gone',
    declared('x', { a: a.references(zones, 'zone_id') }),
    declared('x', { a }),
    ['breaking | reference-removed | a | references silver.zones.zone_id removed'],
  ],
  [
    'another reference',
    declared('x', { a: a.references(zones, 'zone_id') }),
    declared('x', { a: a.references(zones, 'borough') }),
    ['breaking | reference-changed | a | references silver.zones.zone_id -> references silver.zones.borough'],
  ],
  [
    'a new check',
    declared('x', { a }),
    declared('x', { a: a.check('a >= 0') }),
    ['compatible | check-added | a | check (a >= 0) added'],
  ],
  [
    'a check that is gone',
    declared('x', { a }, { checks: ['a > 0'] }),
    declared('x', { a }),
    ['breaking | check-removed | check (a > 0) removed'],
  ],
  [
    'another check',
    declared('x', { a: a.check('a >= 0') }),
    declared('x', { a: a.check('a >= 1') }),
    ['breaking | check-changed | a | check (a >= 0) -> (a >= 1)'],
  ],
  [
    'a check in another layout',
    declared('x', { a: a.check("a >= 0 OR 'x  y' = ''") }),
    declared('x', { a: a.check(" a >=  0\n OR 'x  y' = ''") }),
    [],
  ],
  [
    'a text within a check',
    declared('x', { a: a.check("'x  y' = ''") }),
    declared('x', { a: a.check("'x y' = ''") }),
    ["breaking | check-changed | a | check ('x  y' = '') -> ('x y' = '')"],
  ],
  [
    'a range that lets more pass',
    declared('x', { a: a.between(0, 10) }),
    declared('x', { a: a.between(-5, 10) }),
    ['breaking | check-loosened | a | check (between 0 and 10) -> (between -5 and 10)'],
  ],
  [
    'a range that lets fewer pass',
    declared('x', { a: a.between(0, 10) }),
    declared('x', { a: a.between(1, 9) }),
    ['compatible | check-tightened | a | check (between 0 and 10) -> (between 1 and 9)'],
  ],
  [
    'a range that moved',
    declared('x', { a: a.between(0, 10) }),
    declared('x', { a: a.between(5, 15) }),
    ['breaking | check-changed | a | check (between 0 and 10) -> (between 5 and 15)'],
  ],
  [
    'a range that lost an end',
    declared('x', { a: a.between(0, 10) }),
    declared('x', { a: a.min(0) }),
    ['breaking | check-loosened | a | check (between 0 and 10) -> (at least 0)'],
  ],
  [
    'one more accepted value',
    declared('x', { a: a.oneOf([1, 2]) }),
    declared('x', { a: a.oneOf([1, 2, 3]) }),
    ['breaking | check-loosened | a | check (one of 1, 2) -> (one of 1, 2, 3)'],
  ],
  [
    'one accepted value less',
    declared('x', { a: a.oneOf([1, 2]) }),
    declared('x', { a: a.oneOf([2]) }),
    ['compatible | check-tightened | a | check (one of 1, 2) -> (one of 2)'],
  ],
  [
    'another number of rows',
    declared('x', { a }, { checks: [check.rowCount({ min: 1 })] }),
    declared('x', { a }, { checks: [check.rowCount({ min: 0, max: 5 })] }),
    ['breaking | check-changed | check (rows at least 1) -> (rows between 0 and 5)'],
  ],
  [
    'rows that may be older',
    declared('x', { d: t.date() }, { checks: [check.fresh('d', { within: '24h' })] }),
    declared('x', { d: t.date() }, { checks: [check.fresh('d', { within: '2d' })] }),
    ['breaking | check-loosened | d | check (not older than 24h) -> (not older than 2d)'],
  ],
  [
    'a check that only warns now',
    declared('x', { a: a.check('a > 0') }),
    declared('x', { a: a.check('a > 0', { severity: 'warn' }) }),
    ['breaking | check-loosened | a | check (a > 0) only warns now'],
  ],
  [
    'a check that fails now',
    declared('x', { a: a.check('a > 0', { severity: 'warn' }) }),
    declared('x', { a: a.check('a > 0') }),
    ['compatible | check-tightened | a | check (a > 0) fails, it only warned before'],
  ],
  [
    'warnings that come and go',
    declared('x', { a: a.check('a > 0', { severity: 'warn' }) }),
    declared('x', { a: a.unique({ severity: 'warn' }) }),
    [
      'neutral | warning-changed | a | check (a > 0) removed',
      'neutral | warning-changed | a | unique (a) added',
    ],
  ],
  [
    'rows that are rejected now',
    declared('x', { a: a.check('a > 0') }),
    declared('x', { a: a.check('a > 0', { onFailure: 'reject' }) }, { rejects: 'x_rejects' }),
    [
      'neutral | reaction-changed | a | check (a > 0): fails the step -> rejects rows (warn)',
      'neutral | rejects-changed | rejects added',
    ],
  ],
  [
    'the name of a check',
    declared('x', { a: a.check('a > 0', { name: 'one' }) }),
    declared('x', { a: a.check('a > 0', { name: 'other' }) }),
    ['neutral | text-changed | a | the name of a check one -> other'],
  ],
  [
    'checks of a column that is gone',
    declared('x', { a, b: a.unique().check('b > 0') }),
    declared('x', { a }),
    ['breaking | column-removed | b | removed'],
  ],
  [
    'columns in another order',
    declared('x', { a, b: a, c: a }),
    declared('x', { c: a, d: a, a }),
    [
      'breaking | column-removed | b | removed',
      'compatible | column-added | d | added, INTEGER',
      'neutral | columns-reordered | columns in another order',
    ],
  ],
  [
    'how TypeScript reads it',
    declared('x', { a: t.bigint() }),
    declared('x', { a: t.bigint().asNumber() }),
    ['neutral | read-as-changed | a | TypeScript reads it as usual -> as a number'],
  ],
  [
    'how it is partitioned',
    declared('x', { a, b: a }, { partitionBy: ['a'] }),
    declared('x', { a, b: a }, { partitionBy: ['b', 'a'] }),
    ['neutral | partitioning-changed | partitionBy a -> b, a'],
  ],
  [
    'that it is partitioned',
    declared('x', { a }),
    declared('x', { a }, { partitionBy: ['a'] }),
    ['neutral | partitioning-changed | partitionBy added'],
  ],
  [
    'words for people',
    declared('x', { a: a.describe('one') }, { owner: 'sales', path: 'old/place' }),
    declared('x', { a }, { owner: 'ops', description: 'All.', tags: ['x'], path: 'new/place' }),
    [
      'neutral | text-changed | a | description removed',
      'neutral | text-changed | description added',
      'neutral | text-changed | owner sales -> ops',
      'neutral | text-changed | tags added',
      'neutral | path-changed | path old/place -> new/place',
    ],
  ],
]

describe('the difference of two contracts', () => {
  test.each(cases)('%s', (_, before, after, expected) => {
    expect(told([before], [after])).toEqual(expected)
  })

  test('tells tables that came and went, in the order of their names', () => {
    const before = [declared('b', { a }), declared('d', { a })]
    const after = [declared('a', { a: t.varchar() }), declared('d', { a })]
    expect(told(before, after)).toEqual([
      'compatible | table-added | added',
      'breaking | table-removed | removed',
    ])
  })

  test('hints at a new name of a column or a table, and never more than hints', () => {
    const column = diffContracts(
      [declared('x', { a, total: t.double() })],
      [declared('x', { a, sum: t.double() })],
    )
    expect(column.find(({ kind }) => kind === 'column-removed')).toMatchObject({
      level: 'breaking',
      hint: "perhaps it is called 'sum' now: that column is new and has its type",
    })
    const two = diffContracts([declared('x', { a, b: a })], [declared('x', { a, c: a, d: a })])
    expect(two.map(({ hint }) => hint)).toEqual([undefined, undefined, undefined])
    const [renamed] = diffContracts([declared('x', { a })], [declared('y', { a })])
    expect(renamed?.hint).toContain("the new table 'y' has the same columns")
  })

  test('names the steps that read what changed, and no others', () => {
    const reader = (step: string, columns: string[]) => ({
      table: 'x',
      columns,
      step,
      flow: 'taxi',
      file: `notebooks/${step}.ts`,
    })
    const readers = [reader('one', ['a']), reader('two', ['b']), { ...reader('three', ['a']), table: 'y' }]
    const before = [declared('x', { a, b: a }, { key: ['a'] })]
    const after = [declared('x', { a: t.bigint(), b: a })]
    expect(
      diffContracts(before, after, readers).map(({ kind, readBy }) => [
        kind,
        readBy.map((each) => each.step),
      ]),
    ).toEqual([
      ['type-changed', ['one']],
      ['key-removed', ['one', 'two']],
    ])
  })

  test('carries the place in the code: now, or before when the table is gone', () => {
    const at = (line: number) => ({ ...declared('x', { a }), where: { file: 'notebooks/x.ts', line } })
    expect(diffContracts([at(1)], [{ ...at(2), key: ['a'] }])[0]?.where?.line).toBe(2)
    expect(diffContracts([at(1)], [])[0]?.where?.line).toBe(1)
  })

  test('is empty for any contract and itself', () => {
    fc.assert(
      fc.property(anyTable, (one) => {
        expect(diffContracts([one], [structuredClone(one)])).toEqual([])
      }),
    )
  })

  test('is empty only when the contracts are the same', () => {
    fc.assert(
      fc.property(anyTable, anyTable, (one, other) => {
        const after = { ...other, name: one.name }
        const changes = diffContracts([one], [after])
        if (isDeepStrictEqual(sorted(one), sorted(after))) expect(changes).toEqual([])
        else expect(changes).not.toEqual([])
      }),
    )
  })

  test('turns what it calls compatible into something breaking the other way round', () => {
    fc.assert(
      fc.property(anyTable, anyTable, (one, other) => {
        const after = { ...other, name: one.name }
        const there = diffContracts([one], [after])
        const back = diffContracts([after], [one])
        if (there.some(({ level }) => level === 'compatible'))
          expect(back.map(({ level }) => level)).toContain('breaking')
      }),
    )
  })
})

test.each([
  ['INTEGER', 'BIGINT', true],
  ['BIGINT', 'INTEGER', false],
  ['INTEGER', 'DOUBLE', true],
  ['BIGINT', 'DOUBLE', false],
  ['INTEGER', 'FLOAT', false],
  ['DECIMAL(10,2)', 'DECIMAL(12,2)', true],
  ['DECIMAL(10,2)', 'DECIMAL(12,4)', true],
  ['DECIMAL(10,2)', 'DECIMAL(10,4)', false],
  ['INTEGER', 'DECIMAL(10,0)', true],
  ['INTEGER', 'DECIMAL(10,2)', false],
  ['DECIMAL(10,2)', 'DOUBLE', false],
  ['INTEGER[]', 'BIGINT[]', true],
  ['DATE', 'TIMESTAMP', false],
  ['UUID', 'VARCHAR', true],
])('%s to %s holds every old value: %s', (before, after, expected) => {
  expect(isWidening(before, after)).toBe(expected)
})

test('docs/contract-changes.md has the rules as they are', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/contract-changes.md', import.meta.url)), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (\w+) +\| (.*?) +\|$/gm)].map((row) => row.slice(1, 4))
  expect(rows).toEqual(Object.entries(changeRules).map(([kind, [level, meaning]]) => [kind, level, meaning]))
})

/** The order of checks means nothing. */
function sorted(table: DeclaredTable): unknown {
  return {
    ...table,
    tags: table.tags ?? [],
    checks: table.checks.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}
