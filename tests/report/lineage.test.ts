import { expect, test } from 'vitest'
import { ProblemError } from '../../src/base/problem.ts'
import { stepsAround } from '../../src/report/lineage-graph.ts'
import { lineageList, lineageMermaid, lineageText } from '../../src/report/lineage-text.ts'

function step(name: string, reads: readonly string[], writes: readonly string[]) {
  return { step: name, flow: 'taxi', notebook: `notebooks/${name}.ts`, reads, writes }
}

const steps = [
  step('ingest', ['raw/*.csv'], ['bronze.trips', 'bronze.rest']),
  step('clean', ['bronze.trips'], ['silver.trips']),
  step('zones', [], ['silver.zones']),
  step('revenue', ['silver.trips', 'silver.zones'], ['gold.revenue']),
  step('mail', ['gold.revenue'], []),
  step('audit', ['bronze.rest'], []),
]

test('long lines go on below themselves', () => {
  const long = step('revenue_by_day_and_zone', ['silver.trips', 'silver.zones'], ['gold.revenue'])
  expect(lineageText([long], 'silver.trips', { width: 40 })).toBe(
    [
      'silver.trips',
      'is made by nothing',
      'is read by',
      '└─ step revenue_by_day_and_zone',
      '   │    (notebooks/revenue_by_day_and_zone.ts)',
      '   └─ gold.revenue',
      '',
    ].join('\n'),
  )
  expect(lineageText([long], long.step, { width: 40 }).split('\n').slice(0, 3)).toEqual([
    'revenue_by_day_and_zone',
    '  (notebooks/revenue_by_day_and_zone.ts,',
    '  flow taxi)',
  ])
  expect(lineageList([long], { width: 40 })).toBe(
    'silver.trips, silver.zones ->\n  revenue_by_day_and_zone -> gold.revenue\n',
  )
})

test('a table is shown with what makes it and what reads it', () => {
  expect(lineageText(steps, 'silver.trips')).toBe(
    [
      'silver.trips',
      'is made by',
      '└─ step clean (notebooks/clean.ts)',
      '   └─ bronze.trips',
      '      └─ step ingest (notebooks/ingest.ts)',
      '         └─ raw/*.csv',
      'is read by',
      '└─ step revenue (notebooks/revenue.ts)',
      '   └─ gold.revenue',
      '      └─ step mail (notebooks/mail.ts)',
      '',
    ].join('\n'),
  )
})

test('a step is shown with what it reads and writes', () => {
  expect(lineageText(steps, 'zones')).toBe(
    [
      'zones (notebooks/zones.ts, flow taxi)',
      'reads nothing',
      'writes',
      '└─ silver.zones',
      '   └─ step revenue (notebooks/revenue.ts)',
      '      └─ gold.revenue',
      '         └─ step mail (notebooks/mail.ts)',
      '',
    ].join('\n'),
  )
})

test.each([
  ['silver.trips', ['ingest', 'clean', 'revenue', 'mail']],
  ['clean', ['ingest', 'clean', 'revenue', 'mail']],
  ['bronze.rest', ['ingest', 'audit']],
  ['raw/*.csv', ['ingest', 'clean', 'revenue', 'mail', 'audit']],
])('around %s are %j', (name, around) => {
  expect(stepsAround(steps, name).map((each) => each.step)).toEqual(around)
})

test('steps in a circle end', () => {
  const circle = [step('a', ['y'], ['x']), step('b', ['x'], ['y'])]
  expect(stepsAround(circle, 'x').map((each) => each.step)).toEqual(['a', 'b'])
  expect(lineageText(circle, 'x').split('\n').length).toBe(12)
})

test('an unknown name says what is near', () => {
  const wrong = () => lineageText(steps, 'silver.trip')
  expect(wrong).toThrow(ProblemError)
  expect(wrong).toThrow(/no flow has a table or step 'silver.trip'/)
})

test('all steps are one line each', () => {
  expect(lineageList(steps.slice(0, 3))).toBe(
    'raw/*.csv -> ingest -> bronze.trips, bronze.rest\nbronze.trips -> clean -> silver.trips\nnothing -> zones -> silver.zones\n',
  )
})

test('a flowchart quotes its labels', () => {
  expect(lineageMermaid([step('a', ['say "hi"'], ['x'])])).toBe(
    'flowchart LR\n  t0["say #quot;hi#quot;"]\n  t1["x"]\n  s0("a")\n  t0 --> s0\n  s0 --> t1\n',
  )
})
