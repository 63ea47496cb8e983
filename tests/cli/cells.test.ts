import { expect, test } from 'vitest'
import { cellText, jsonRow } from '../../src/cli/cells.ts'

test.each([
  [null, 'NULL'],
  ['a', 'a'],
  [1.5, '1.5'],
  [9007199254740993n, '9007199254740993'],
  [true, 'true'],
  [new Uint8Array([1, 255]), '01ff'],
  [[1n, 'a'], '[1,"a"]'],
  [{ a: null }, '{"a":null}'],
])('%o is the cell %s', (value, text) => {
  expect(cellText(value)).toBe(text)
})

test('a row of JSON loses no digits', () => {
  expect(jsonRow(['a', 'b', 'c', 'd'], [1n, 9007199254740993n, NaN, new Uint8Array([1])])).toBe(
    '{"a":1,"b":"9007199254740993","c":"NaN","d":"AQ=="}\n',
  )
})
