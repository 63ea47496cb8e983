import { describe, expect, test } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { parseRange, tableAndRange } from '../../src/run/diff-range.ts'

const id = '01m7wcxn7rg0qa39c42vvm0czk'
const time = new Date('2026-01-01T00:00:00Z')

describe('a range', () => {
  const cases: [string, object][] = [
    ['dev..prod', { from: { env: 'dev' }, to: { env: 'prod' } }],
    ['3..5', { from: { at: { seq: 3 } }, to: { at: { seq: 5 } } }],
    ['@3..@5', { from: { at: { seq: 3 } }, to: { at: { seq: 5 } } }],
    ['prod@3..dev', { from: { env: 'prod', at: { seq: 3 } }, to: { env: 'dev' } }],
    ['prod@3..5', { from: { env: 'prod', at: { seq: 3 } }, to: { at: { seq: 5 } } }],
    ['2026-01-01..', { from: { at: { time } }, to: {} }],
    ["prod@'2026-01-01'..prod", { from: { env: 'prod', at: { time } }, to: { env: 'prod' } }],
    ["'2026-01-01 00:00'..", { from: { at: { time } }, to: {} }],
    [`${id}..dev@${id}`, { from: { at: { version: id } }, to: { env: 'dev', at: { version: id } } }],
    ['..prod', { from: {}, to: { env: 'prod' } }],
    ['3..', { from: { at: { seq: 3 } }, to: {} }],
    ['prod', { from: { env: 'prod' }, to: {} }],
    ['3', { from: { at: { seq: 3 } }, to: {} }],
    ['pr-12..prod', { from: { env: 'pr-12' }, to: { env: 'prod' } }],
  ]
  test.each(cases)('%s', (text, expected) => {
    expect(parseRange(text)).toEqual(expected)
  })

  test.each(['..', 'dev...prod', 'dev..a/b', 'dev@x..prod', '3.5..4', '2026-02-31..', '0..1', 'a..b..c'])(
    "'%s' is refused as wrong usage",
    (text) => {
      expect(codeOf(() => parseRange(text))).toEqual('project/usage')
    },
  )
})

describe('a table and its range', () => {
  test('the version before is compared where nothing is said', () => {
    expect(tableAndRange('silver.trips', undefined)).toEqual({ table: 'silver.trips', range: { to: {} } })
  })

  test('a version of the table is compared with the head', () => {
    expect(tableAndRange('silver.trips@3', undefined)).toEqual({
      table: 'silver.trips',
      range: { from: { at: { seq: 3 } }, to: {} },
    })
  })

  test('a version is said once', () => {
    expect(codeOf(() => tableAndRange('silver.trips@3', '3..5'))).toBe('project/usage')
  })
})

function codeOf(work: () => unknown): string | undefined {
  try {
    work()
  } catch (error) {
    return problemsOf(error)?.[0]?.code
  }
  return undefined
}
