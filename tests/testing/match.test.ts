import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { differenceOf, type FoundRow } from '../../src/testing/match.ts'

/** Expected rows: `undefined` is a column that is not mentioned. */
const rows = (...list: readonly (readonly (string | null | undefined)[])[]) =>
  list.map(
    (row) =>
      new Map([...row.entries()].filter((entry): entry is [number, string | null] => entry[1] !== undefined)),
  )

const counts = (
  expected: ReturnType<typeof rows>,
  found: readonly FoundRow[],
  key: readonly number[] = [],
) => {
  const { missing, extra, changed } = differenceOf(expected, found, key)
  return [missing.length, extra.length, changed.length]
}

describe('rows expected and found', () => {
  test.each([
    ['in another order', rows(['a'], ['b']), [['b'], ['a']], [0, 0, 0]],
    ['twice, and once', rows(['a'], ['a']), [['a'], ['b']], [1, 1, 0]],
    ['NULL is a value', rows([null]), [['null']], [1, 1, 0]],
    ['one cell differs', rows(['a', '1']), [['a', '2']], [0, 0, 1]],
    ['nothing is alike', rows(['a', '1']), [['b', '2']], [1, 1, 0]],
    ['rows are too many', rows(['a']), [['a'], ['a']], [0, 1, 0]],
  ] as const)('%s', (_, expected, found, difference) => {
    expect(counts(expected, found)).toEqual(difference)
  })

  test('that mention different columns find a place, where there is one', () => {
    const expected = rows(['a', undefined], ['a', '1'])
    expect(
      counts(expected, [
        ['a', '1'],
        ['a', '2'],
      ]),
    ).toEqual([0, 0, 0])
  })

  test('are paired by their key', () => {
    const { changed, missing, extra } = differenceOf(
      rows(['1', 'x', 'y'], ['2', 'p', 'q']),
      [
        ['2', 'x', 'y'],
        ['3', 'p', 'q'],
      ],
      [0],
    )
    expect(changed.map(({ found }) => found[0])).toEqual(['2'])
    expect([missing.length, extra.length]).toEqual([1, 1])
  })

  test('of which some are hidden always match the rows themselves', () => {
    const cell = fc.constantFrom('a', 'b', null)
    const row = fc.tuple(fc.tuple(cell, cell, cell), fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()))
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), (list) => {
        const found = list.map(([cells]) => cells)
        const expected = rows(
          ...list.map(([cells, shown]) => cells.map((each, at) => (shown[at] ? each : undefined))),
        )
        expect(counts(expected, found.toReversed())).toEqual([0, 0, 0])
      }),
    )
  })
})
