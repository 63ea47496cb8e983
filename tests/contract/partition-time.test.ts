import { describe, expect, it, test } from 'vitest'
import type { Grain } from '../../src/contract/partition.ts'
import { isRangeEnd, periodName, periodOf, shifted } from '../../src/contract/partition-time.ts'

const iso = (time: number) => new Date(time).toISOString().replace(/:00\.000Z$/, '')

describe('the time that a value stands for', () => {
  it.each([
    ['hour', '2019-01-31T23', '2019-01-31T23:00', '2019-02-01T00:00'],
    ['day', '2020-02-28', '2020-02-28T00:00', '2020-02-29T00:00'],
    ['day', '2020-02-29', '2020-02-29T00:00', '2020-03-01T00:00'],
    ['month', '2019-02', '2019-02-01T00:00', '2019-03-01T00:00'],
    ['month', '2020-02', '2020-02-01T00:00', '2020-03-01T00:00'],
    ['month', '2019-12', '2019-12-01T00:00', '2020-01-01T00:00'],
    ['month', '2019-05-01', '2019-05-01T00:00', '2019-06-01T00:00'],
    ['year', '2019', '2019-01-01T00:00', '2020-01-01T00:00'],
    ['year', '0099', '0099-01-01T00:00', '0100-01-01T00:00'],
    // ISO 8601: the first week of 2021 begins on 4 January, 2020 has 53 weeks, that of 2019 begins in 2018.
    ['week', '2021-W01', '2021-01-04T00:00', '2021-01-11T00:00'],
    ['week', '2020-W53', '2020-12-28T00:00', '2021-01-04T00:00'],
    ['week', '2019-W01', '2018-12-31T00:00', '2019-01-07T00:00'],
    ['week', '2018-12-31', '2018-12-31T00:00', '2019-01-07T00:00'],
  ] as const)('%s %s', (every, text, start, end) => {
    const period = periodOf(every, text)
    expect([iso(period?.start ?? 0), iso(period?.end ?? 0)]).toEqual([start, end])
  })

  it.each([
    ['day', '2019-02-29'],
    ['day', '2019-02-30'],
    ['month', '2019-13'],
    ['month', '2019-00'],
    ['month', '2019-1'],
    ['month', '2019-05-02'],
    ['week', '2019-W53'],
    ['week', '2019-W00'],
    ['week', '2019-01-01'],
    ['hour', '2019-01-01T24'],
    ['year', '19'],
    ['month', ''],
    ['month', 'example'],
  ] as const)('%s: %s is none', (every, text) => {
    expect(periodOf(every, text)).toBeUndefined()
  })
})

test('every moment has one period of each length, and names and times lead back to each other', () => {
  const grains: readonly Grain[] = ['hour', 'day', 'week', 'month', 'year']
  const wrong: string[] = []
  for (let at = Date.UTC(2015, 11, 20); at < Date.UTC(2026, 1, 1); at += 86_400_000 * 1.37) {
    for (const every of grains) {
      const name = periodName(every, at)
      const { start = NaN, end = NaN } = periodOf(every, name) ?? {}
      const good =
        start <= at &&
        at < end &&
        periodName(every, end) !== name &&
        periodName(every, end - 1) === name &&
        shifted(every, end, -1) === start &&
        shifted(every, shifted(every, start, -15), 15) === start
      if (!good) wrong.push(`${every} ${name}`)
    }
  }
  expect(wrong).toEqual([])
})

test('an end of a range is a period, or a longer one', () => {
  expect(isRangeEnd('day', '2019-01')).toBe(true)
  expect(isRangeEnd('day', '2019')).toBe(true)
  expect(isRangeEnd('month', '2019-01-05')).toBe(false)
  expect(isRangeEnd('week', '2019-W05')).toBe(true)
  expect(isRangeEnd('week', '2019-05')).toBe(false)
  expect(isRangeEnd('hour', 'soon')).toBe(false)
})
