import { describe, expect, it, test } from 'vitest'
import { columnEdges, reached, type GraphStep } from '../../src/check/column-graph.ts'
import { columnText, readColumnName } from '../../src/check/column-name.ts'
import { columnLineage } from '../../src/check/column-lineage.ts'
import { impactOf } from '../../src/check/impact.ts'
import { ProblemError } from '../../src/base/problem.ts'
import { columnLineageText } from '../../src/report/column-lineage-text.ts'
import { columnMermaid } from '../../src/report/column-mermaid.ts'
import { impactText } from '../../src/report/impact-text.ts'

const from = (text: string) => ({ handle: 'in', column: text })

const steps: readonly GraphStep[] = [
  {
    flow: 'taxi',
    name: 'clean',
    file: 'notebooks/clean.ts',
    kind: 'select',
    inputs: [{ handle: 'in', name: 'raw', columns: ['at', 'fare', 'zone'] }],
    outputs: [
      {
        table: 'silver.trips',
        columns: ['at', 'fare', 'odd.name'],
        lineage: {
          columns: { at: [from('at')], fare: [from('fare')], 'odd.name': [] },
          rows: [from('fare'), from('zone')],
        },
      },
    ],
  },
  {
    flow: 'taxi',
    name: 'revenue',
    file: 'notebooks/revenue.ts',
    kind: 'select',
    inputs: [{ handle: 'in', name: 'silver.trips', columns: ['at', 'fare'] }],
    outputs: [
      {
        table: 'gold.revenue',
        columns: ['day', 'revenue'],
        lineage: { columns: { day: [from('at')], revenue: [from('fare')] }, rows: [from('at')] },
      },
    ],
  },
  {
    flow: 'mail',
    name: 'mail',
    file: 'notebooks/mail.ts',
    kind: 'run',
    inputs: [{ handle: 'in', name: 'gold.revenue', columns: ['revenue'] }],
    outputs: [{ table: 'gold.mails', columns: ['text', 'sent'] }],
  },
]

const known = new Map([
  ['raw', ['at', 'fare', 'zone', 'unread']],
  ['silver', ['trips']],
  ['silver.trips', ['at', 'fare', 'odd.name']],
  ['gold.revenue', ['day', 'revenue']],
  ['gold.mails', ['text', 'sent']],
])

const words = (name: string, direction: 'up' | 'down') =>
  reached(columnEdges(steps), [columnOf(name)], direction).map(
    ({ how, direct, ...ref }) => `${columnText(ref)} ${how}${direct ? '' : ' indirect'}`,
  )

function columnOf(name: string) {
  const { table, column = '' } = readColumnName(name, known)
  return { table, column }
}

describe('the graph of columns', () => {
  it('follows values and rows down', () => {
    expect(words('raw.fare', 'down')).toEqual([
      'silver.trips.at rows',
      'silver.trips.fare value',
      'silver.trips."odd.name" rows',
      'gold.revenue.day rows indirect',
      'gold.revenue.revenue value indirect',
      'gold.mails.text value indirect',
      'gold.mails.sent value indirect',
    ])
  })

  it('follows values and rows up', () => {
    expect(words('gold.revenue.revenue', 'up')).toEqual([
      'silver.trips.at rows',
      'silver.trips.fare value',
      'raw.fare value indirect',
      'raw.zone rows indirect',
      'raw.at rows indirect',
    ])
  })

  it('takes each output column of code to depend on each column that it picks', () => {
    const edges = columnEdges(steps).filter(({ step }) => step === 'mail')
    expect(edges.map(({ from: one, to, opaque }) => [one.column, to.column, opaque])).toEqual([
      ['revenue', 'text', true],
      ['revenue', 'sent', true],
    ])
  })

  it('has a step of two flows once', () => {
    const twice = [...steps, { ...steps[0]!, flow: 'night' }]
    expect(columnEdges(twice)).toEqual(columnEdges(steps))
    expect(impactOf(twice, known, 'raw').steps[0]?.flows).toEqual(['taxi', 'night'])
  })

  it('ends where tables feed themselves', () => {
    const loop = [
      { ...steps[1]!, inputs: [{ handle: 'in', name: 'gold.revenue', columns: ['at', 'fare', 'day'] }] },
    ]
    expect(reached(columnEdges(loop), [{ table: 'gold.revenue', column: 'at' }], 'down')).toHaveLength(2)
  })
})

describe('a name', () => {
  it.each([
    ['silver.trips', { table: 'silver.trips' }],
    ['silver.trips.fare', { table: 'silver.trips', column: 'fare' }],
    ['silver.trips.FARE', { table: 'silver.trips', column: 'fare' }],
    ['silver.trips."odd.name"', { table: 'silver.trips', column: 'odd.name' }],
    ['silver.trips.odd.name', { table: 'silver.trips', column: 'odd.name' }],
    ['raw.zone', { table: 'raw', column: 'zone' }],
  ])('%s', (text, expected) => {
    expect(readColumnName(text, known)).toEqual(expected)
  })

  it.each([
    ['silver.trips.fair', "table 'silver.trips' has no column 'fair'", "did you mean 'fare'?"],
    [
      'silver.tripz.fare',
      "no flow has a table or column 'silver.tripz.fare'",
      "did you mean 'silver.trips'?",
    ],
  ])('%s is refused with a hint', (text, message, hint) => {
    const refused = () => readColumnName(text, new Map([...known].slice(2)))
    expect(refused).toThrow(ProblemError)
    try {
      refused()
    } catch (error) {
      expect((error as ProblemError).problems).toMatchObject([{ code: 'project/unknown', message, hint }])
    }
  })
})

test('a column is told as trees, up and down', () => {
  expect(columnLineageText(columnLineage(steps, known, 'silver.trips.fare'))).toBe(
    [
      'silver.trips.fare',
      'is made from',
      '└─ step clean (notebooks/clean.ts)',
      '   ├─ raw.fare',
      '   └─ rows by raw: zone',
      'flows into',
      '└─ step revenue (notebooks/revenue.ts)',
      '   └─ gold.revenue.revenue',
      '      └─ step mail (notebooks/mail.ts; not looked inside)',
      '         ├─ gold.mails.text',
      '         └─ gold.mails.sent',
      '',
    ].join('\n'),
  )
})

test('an impact is told by steps, columns and flows', () => {
  expect(impactText(impactOf(steps, known, 'raw.zone'))).toBe(
    [
      'raw.zone',
      'a change reaches 3 tables, 3 steps, 2 flows',
      '',
      'steps',
      '  clean (notebooks/clean.ts)',
      '  revenue (notebooks/revenue.ts) indirect',
      '  mail (notebooks/mail.ts) indirect, not looked inside',
      '',
      'columns',
      '  silver.trips',
      '    rows only: at, fare, odd.name',
      '  gold.revenue indirect',
      '    rows only: day, revenue',
      '  gold.mails indirect',
      '    rows only: text, sent',
      '',
      'flows: taxi, mail',
      '',
    ].join('\n'),
  )
  expect(
    impactText(impactOf(steps, known, 'raw.zone'), { width: 30 })
      .split('\n')
      .slice(5, 10),
  ).toEqual([
    '  clean (notebooks/clean.ts)',
    '  revenue',
    '    (notebooks/revenue.ts)',
    '    indirect',
    '  mail (notebooks/mail.ts)',
  ])
  expect(impactText(impactOf(steps, known, 'raw.unread'))).toBe('raw.unread\nno step reads it\n')
})

test('as Mermaid, values go along full arrows and rows along dotted ones', () => {
  const { of, edges } = columnLineage(steps, known, 'silver.trips.fare')
  const text = columnMermaid(of, edges)
  expect(text).toContain('subgraph t0["silver.trips"]')
  expect(text).toMatch(/c\d+ -->\|"clean"\| c0\n/)
  expect(text).toMatch(/c\d+ -\.->\|"clean"\| t0\n/)
})
