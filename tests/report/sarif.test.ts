import type { Log } from 'sarif'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { problemCodes } from '../../src/base/codes.ts'
import type { Problem } from '../../src/base/problem.ts'
import { sarifLog } from '../../src/report/sarif.ts'
import { mixed } from './events.ts'
import { sarifFaults } from './schemas.ts'

const problem: Problem = {
  code: 'query/bind',
  message: "there is no column 'fee'",
  where: { file: 'notebooks/a b.ts', line: 3, column: 5 },
  related: [
    { message: 'the table is here', where: { file: 'notebooks/raw.ts', line: 9 } },
    { message: 'and nowhere' },
  ],
  hint: "did you mean 'fare'?",
}
const logOf = (problems: readonly Problem[], within?: string): Log =>
  JSON.parse(sarifLog({ events: [], problems, ...(within !== undefined && { within }) }, '0.1.0')) as Log
const resultsOf = (problems: readonly Problem[], within?: string) =>
  logOf(problems, within).runs[0]?.results ?? []

test('what is wrong is a result with rule, level, place and related places', () => {
  const text = sarifLog({ events: mixed, problems: [problem], within: 'shop' }, '0.1.0')
  expect(sarifFaults(text)).toEqual([])
  const [run] = (JSON.parse(text) as Log).runs
  expect(run?.tool.driver).toMatchObject({ name: 'Sluice', version: '0.1.0' })
  expect(run?.columnKind).toBe('utf16CodeUnits')
  expect(run?.results?.map(({ ruleId }) => ruleId)).toEqual(['query/bind', 'contract/check'])
  expect(run?.results?.[0]).toMatchObject({
    ruleId: 'query/bind',
    level: 'error',
    message: { text: "there is no column 'fee'\nhint: did you mean 'fare'?\nsee and nowhere" },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'shop/notebooks/a%20b.ts', uriBaseId: '%SRCROOT%' },
          region: { startLine: 3, startColumn: 5 },
        },
      },
    ],
    relatedLocations: [{ id: 1, message: { text: 'the table is here' } }],
  })
})

test('the rules are all codes that there are, and each result points at its own', () => {
  const { runs } = logOf([problem, { code: 'plugin/threw', message: 'm' }])
  const rules = runs[0]?.tool.driver.rules ?? []
  expect(rules.map(({ id }) => id)).toEqual(Object.keys(problemCodes))
  for (const { ruleId, ruleIndex } of runs[0]?.results ?? []) expect(rules[ruleIndex ?? -1]?.id).toBe(ruleId)
})

test('warnings are warnings, and a Problem needs no place', () => {
  const results = resultsOf([{ code: 'query/volatile', severity: 'warn', message: 'm' }])
  expect(results).toMatchObject([{ level: 'warning', ruleId: 'query/volatile' }])
  expect(results[0]?.locations).toBeUndefined()
})

test('a file outside the project is named whole', () => {
  const [result] = resultsOf([{ ...problem, where: { file: '/srv/shared/a.ts', line: 1 } }], 'shop')
  expect(result?.locations?.[0]?.physicalLocation?.artifactLocation).toEqual({
    uri: 'file:///srv/shared/a.ts',
  })
})

test('a file from the web is its address', () => {
  const [result] = resultsOf([{ ...problem, where: { file: 'https://a.org/b c.csv?d=1', line: 3 } }], 'shop')
  expect(result?.locations).toMatchObject([
    {
      physicalLocation: {
        artifactLocation: { uri: 'https://a.org/b%20c.csv?d=1' },
        region: { startLine: 3 },
      },
    },
  ])
})

test('fingerprints stay when lines move, and tell apart what is equal', () => {
  const moved = { ...problem, message: 'see a.ts:3:1 again', where: { file: 'a.ts', line: 3, column: 1 } }
  const now = { ...moved, message: 'see a.ts:40:9 again', where: { file: 'a.ts', line: 40, column: 9 } }
  const of = (problems: readonly Problem[]) =>
    resultsOf(problems).map(({ partialFingerprints }) => partialFingerprints?.['sluiceProblem/v1'])
  expect(of([moved])).toEqual(of([now]))
  expect(new Set(of([moved, now, { ...moved, where: { file: 'b.ts' } }, problem])).size).toBe(4)
})

test('a message makes no link', () => {
  const [result] = resultsOf([{ code: 'step/threw', message: 'a[1] [here](http://example.com)' }])
  expect(result?.message.text).toBe('a\\[1\\] \\[here\\](http://example.com)')
  expect(resultsOf([{ code: 'step/threw', message: 'a[1]' }])[0]?.message.text).toBe('a[1]')
})

test('any text gives a document that follows the schema, and comes back', () => {
  const text = fc.string({
    unit: fc.constantFrom('"', '\\', '%', ' ', '{0}', '\n', 'é', '😀', '#', '?', 'a', '\ud800'),
  })
  fc.assert(
    fc.property(text, text, (message, name) => {
      const file = `a${name}`
      const document = sarifLog(
        { events: [], problems: [{ code: 'step/threw', message, where: { file } }] },
        '1',
      )
      expect(sarifFaults(document)).toEqual([])
      const { runs } = JSON.parse(document) as Log
      const [result] = runs[0]?.results ?? []
      expect(result?.message.text).toBe(message.toWellFormed())
      const uri = result?.locations?.[0]?.physicalLocation?.artifactLocation?.uri ?? ''
      expect(decodeURIComponent(uri)).toBe(file.toWellFormed().replaceAll('\\', '/'))
    }),
  )
})

test('3,000 Problems follow the schema', () => {
  const many = Array.from({ length: 3000 }, (_, at) => ({ ...problem, message: `problem ${at}` }))
  const text = sarifLog({ events: [], problems: many }, '1')
  expect(sarifFaults(text)).toEqual([])
  expect((JSON.parse(text) as Log).runs[0]?.results).toHaveLength(3000)
})

test.each([
  ['another version', ['"version": "2.1.0"', '"version": "2.0.0"']],
  ['a level that there is not', ['"level": "error"', '"level": "fatal"']],
  ['a line before the first', ['"startLine": 3', '"startLine": 0']],
  ['a result without a message', ['"message": {', '"massage": {']],
] as const)('the schema refuses %s', (_, [from, to]) => {
  const text = sarifLog({ events: [], problems: [problem] }, '0.1.0')
  expect(text).toContain(from)
  expect(sarifFaults(text.replace(from, to))).not.toEqual([])
})
