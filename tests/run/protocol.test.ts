import { expect, test } from 'vitest'
import { endMark, findEndMark, startOfHalfMark } from '../../src/run/protocol.ts'

test('every beginning of a mark is held back, and nothing else with a NUL', () => {
  const mark = endMark(12)
  for (let length = 1; length < mark.length; length++)
    expect(startOfHalfMark(`text${mark.slice(0, length)}`), `${length} characters`).toBe(4)
  for (const text of ['', 'red', 'a\0b', '\0sluice-x', '\0sluice-end-12x', `${mark}more`])
    expect(startOfHalfMark(text), JSON.stringify(text)).toBeUndefined()
  expect(findEndMark(`a\0b${mark}c`)).toEqual({ id: 12, start: 3, end: 3 + mark.length })
})
