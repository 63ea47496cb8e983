import { expect, it } from 'vitest'
import { parseDuration } from '../../src/base/duration.ts'

it.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['10m', 600_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['24h', 86_400_000],
  ['7d', 604_800_000],
  ['2w', 1_209_600_000],
])('%s is %d milliseconds', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds)
})

it.each(['', '10', '-1s', '1 h', '0s', '1y', 'h', '1e3s', '9'.repeat(30) + 'w'])(
  '%j is no length of time',
  (text) => {
    expect(parseDuration(text)).toBeUndefined()
  },
)
