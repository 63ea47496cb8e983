import { expect, it } from 'vitest'
import { parseSize } from '../../src/base/size.ts'

it.each([
  ['2GB', 2e9],
  ['1.5 GiB', 1.5 * 2 ** 30],
  ['500MB', 5e8],
  ['500', undefined],
  [undefined, undefined],
])('the size %s is %s bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes)
})
