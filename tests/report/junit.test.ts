import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Problem } from '../../src/base/problem.ts'
import type { RunEvent } from '../../src/run/events.ts'
import { junitXml } from '../../src/report/junit.ts'
import { xmlText } from '../../src/report/xml.ts'
import { checked, finish, finished, mixed, printed, sourceRead, start, started } from './events.ts'
import { elementsOf, junitFaults, parseXml } from './schemas.ts'

const none = { events: [], problems: [] }
const problem: Problem = {
  code: 'query/bind',
  message: "there is no column 'fee'",
  where: { file: 'notebooks/a.ts', line: 3, column: 5 },
  hint: "did you mean 'fare'?",
}

test('a run is a suite with a case for each step, and follows the schema', async () => {
  const text = junitXml({ events: mixed, problems: [] })
  expect(await junitFaults(text)).toEqual([])
  const root = parseXml(text)
  expect(
    elementsOf(root, 'testcase').map(({ name, classname }) => `${classname ?? ''} ${name ?? ''}`),
  ).toEqual([
    'notebooks/ingest_trips.ts ingest_trips',
    'notebooks/clean_trips.ts clean_trips',
    'notebooks/daily_revenue.ts daily_revenue',
    'notebooks/zones.ts zones',
    'notebooks/by_zone.ts by_zone',
    'notebooks/old.ts old',
  ])
  const [suite] = root.getElementsByTagName('testsuite')
  const counts = ['name', 'tests', 'failures', 'errors', 'skipped', 'time'].map((name) =>
    suite?.getAttribute(name),
  )
  expect(counts).toEqual(['taxi', '6', '1', '0', '1', '64.000'])
})

test('a step tells how many rows its sources rejected, and what was delivered', async () => {
  const delivered = { target: 'out/a.csv', rows: 1 }
  const text = junitXml({
    events: [
      started(['a', 'b']),
      printed('a', 'no end of line'),
      sourceRead('a', 2),
      finish('a', 'ran'),
      sourceRead('b', 0),
      finish('b', 'ran', { delivered }),
      finished({ ran: 2 }),
    ],
    problems: [],
  })
  expect(await junitFaults(text)).toEqual([])
  expect(elementsOf(parseXml(text), 'system-out').map(({ text: out }) => out)).toEqual([
    'no end of line\nsource raw.orders: 2 of 1,234 rows rejected into bronze.orders_rejects\n',
    'delivered 1 row to out/a.csv\n',
  ])
})

test('a failed step tells its Problems with place, related places and hint, and what it printed', () => {
  const root = parseXml(junitXml({ events: mixed, problems: [] }))
  const [failure] = elementsOf(root, 'failure')
  expect(failure?.message).toBe("table 'silver.trips': 3 rows break the check fare >= 0")
  expect(failure?.text).toBe(
    [
      "notebooks/clean_trips.ts:7:3: table 'silver.trips': 3 rows break the check fare >= 0 [contract/check]",
      'see notebooks/clean_trips.ts:5: the check is declared here',
      'hint: leave such rows out in the query',
    ].join('\n'),
  )
  expect(elementsOf(root, 'system-out').map(({ text }) => text)).toEqual(['reading\n2 files\n', 'fare -1\n'])
})

test('what a step logs is told by message and level; pieces of its output are joined', () => {
  const log = { ...printed('a', 'low'), stream: 'log', level: 'warn' } as RunEvent
  const events = [
    started(['a']),
    printed('a', 'half '),
    printed('a', 'line\n'),
    log,
    printed('a', 'end'),
    finish('a', 'ran'),
  ]
  expect(elementsOf(parseXml(junitXml({ events, problems: [] })), 'system-out')[0]?.text).toBe(
    'half line\nwarn: low\nend',
  )
})

test('blocked and cancelled steps are skipped, with the reason', () => {
  const events = [
    started(['a', 'b', 'c']),
    finish('a', 'cancelled'),
    finish('b', 'blocked', { blockedBy: ['x', 'y'] }),
    finish('c', 'blocked', { reasons: [{ word: 'upstream-stale', subject: 'z' }] }),
    finished({ cancelled: 1, blocked: 2 }),
  ]
  const root = parseXml(junitXml({ events, problems: [] }))
  expect(elementsOf(root, 'skipped').map(({ message }) => message)).toEqual([
    'cancelled',
    'blocked by x, y',
    'blocked: upstream-stale z',
  ])
})

test('data checks are cases: failed ones fail, those that warn pass and say so', async () => {
  const events = [
    started(['a']),
    start('a'),
    checked('a', 'no gaps', { outcome: 'passed' }),
    checked('a', 'fresh rows', { outcome: 'warned', severity: 'warn', rows: 2 }),
    checked('a', 'known zones', { outcome: 'rejected', rows: 1 }),
    checked('a', 'sum', { outcome: 'failed', rows: 1200 }),
    finish('a', 'failed', { problems: [{ code: 'contract/check', message: 'sum' }] }),
    finished({ failed: 1 }),
  ]
  const text = junitXml({ events, problems: [] })
  expect(await junitFaults(text)).toEqual([])
  const root = parseXml(text)
  expect(elementsOf(root, 'testcase').map(({ name }) => name)).toEqual([
    'silver.trips: no gaps',
    'silver.trips: fresh rows',
    'silver.trips: known zones',
    'silver.trips: sum',
    'a',
  ])
  expect(elementsOf(root, 'failure').map(({ message }) => message)).toEqual([
    "table 'silver.trips': 1,200 rows break the check 'sum'",
    'sum',
  ])
  expect(elementsOf(root, 'system-out').map(({ text: out }) => out)).toEqual([
    "warned: table 'silver.trips': 2 rows break the check 'fresh rows' [contract/check]",
    "rejected: table 'silver.trips': 1 row breaks the check 'known zones', and went into its rejects [contract/check]",
  ])
})

test('of a run that was killed, the step that ran has failed and those that never began are skipped', async () => {
  const text = junitXml({
    events: [started(['a', 'b', 'c']), start('a'), finish('a', 'ran'), start('b')],
    problems: [],
  })
  expect(await junitFaults(text)).toEqual([])
  const root = parseXml(text)
  expect(elementsOf(root, 'failure').map(({ message }) => message)).toEqual([
    'the run did not come to its end',
  ])
  expect(elementsOf(root, 'skipped')).toHaveLength(1)
})

test('several flows of one run are several suites', () => {
  const root = parseXml(junitXml({ events: [...mixed, ...mixed], problems: [] }))
  expect(root.getElementsByTagName('testsuite')).toHaveLength(2)
  expect(root.getAttribute('tests')).toBe('12')
})

test('a check is a suite for each file, with a passing case where nothing is wrong', async () => {
  const warning: Problem = { ...problem, severity: 'warn', message: 'no total order' }
  const told = {
    events: [],
    problems: [problem, problem, warning, { code: 'project/usage', message: 'no place' } as const],
    files: ['notebooks/a.ts', 'notebooks/b.ts'],
  }
  const text = junitXml(told)
  expect(await junitFaults(text)).toEqual([])
  const root = parseXml(text)
  expect(elementsOf(root, 'testsuite').map(({ name }) => name)).toEqual([
    'notebooks/a.ts',
    'notebooks/b.ts',
    'project',
  ])
  expect(elementsOf(root, 'testcase').map(({ name }) => name)).toEqual([
    "query/bind: there is no column 'fee'",
    "query/bind: there is no column 'fee' (2)",
    'query/bind: no total order',
    'no problems',
    'project/usage: no place',
  ])
  expect(root.getAttribute('failures')).toBe('3')
})

/** Texts that came back from a parser as others. */
const lineEnds = ['\u2029', 'a\u2028b', '\u0085', '\r\u0085', 'a\r\nb\rc\n', '\t']

test('any text that a step prints, throws or is called gives a document that follows the schema', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const samples = [...lineEnds, ...fc.sample(text, 300)]
  const events = samples.flatMap((each, at) => [
    start(`s${at}`),
    printed(`s${at}`, each),
    finish(`s${at}`, 'failed', { problems: [{ code: 'step/threw', message: each, where: { file: each } }] }),
  ])
  const document = junitXml({
    events: [started([]), ...events],
    problems: [{ code: 'step/threw', message: samples[0] ?? '' }],
  })
  expect(await junitFaults(document)).toEqual([])
  const messages = elementsOf(parseXml(document), 'failure').map(({ message }) => message)
  expect(messages.slice(1)).toEqual(samples.map(xmlText))
  const printedTexts = elementsOf(parseXml(document), 'system-out').map(({ text: out }) => out)
  expect(printedTexts).toEqual(samples.map(xmlText).filter((each) => each !== ''))
})

test('3,000 Problems give a document that follows the schema', async () => {
  const problems = Array.from({ length: 3000 }, (_, at) => ({
    ...problem,
    message: `problem ${at} <&> \u001b[1m`,
  }))
  const text = junitXml({ ...none, problems })
  expect(await junitFaults(text)).toEqual([])
  expect(parseXml(text).getElementsByTagName('failure')).toHaveLength(3000)
})

test.each([
  ['an attribute that there is not', (text: string) => text.replace('<testcase ', '<testcase colour="red" ')],
  ['a count that is missing', (text: string) => text.replace(/ skipped="\d+"/, '')],
  ['elements in another order', (text: string) => text.replace('</failure>', '</failure><properties/>')],
  ['a control character', (text: string) => text.replace('fare', '\u0001')],
  ['a tag that does not end', (text: string) => text.replace('</testsuites>', '')],
])('the schema refuses %s', async (_, broken) => {
  const text = junitXml({ events: mixed, problems: [] })
  expect(broken(text)).not.toBe(text)
  expect(await junitFaults(broken(text))).not.toEqual([])
})
