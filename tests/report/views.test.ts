import { expect, test } from 'vitest'
import { explainText } from '../../src/report/explain-text.ts'
import { eventLine, planJson, problemJson } from '../../src/report/json.ts'
import { planText } from '../../src/report/plan-text.ts'
import { problemsText } from '../../src/report/problems-text.ts'
import type { Explanation, Plan } from '../../src/run/options.ts'
import { finish, mixed } from './events.ts'

const steps = { notebook: 'n', upstream: [], reads: [], writes: [] }
const plan: Plan = {
  flow: 'taxi',
  env: 'dev',
  steps: [
    { ...steps, step: 'ingest', verdict: 'fresh', reasons: [] },
    {
      ...steps,
      step: 'clean_trips',
      verdict: 'stale',
      reasons: [{ word: 'code-changed', detail: 'query trips' }],
    },
    {
      ...steps,
      step: 'revenue',
      verdict: 'may-run',
      reasons: [{ word: 'upstream-stale', subject: 'clean_trips' }],
    },
  ],
  problems: [],
}

test('a plan is one line for each step, with why', () => {
  expect(planText(plan)).toBe(
    [
      'taxi on dev: 1 step would run, 1 may run, 1 fresh',
      'fresh    ingest',
      'stale    clean_trips  code-changed query trips',
      'may-run  revenue      upstream-stale clean_trips',
      '',
    ].join('\n'),
  )
})

test('a plan fits a narrow terminal', () => {
  const lines = planText(plan, { width: 24 }).split('\n').slice(1)
  expect(lines).toEqual(['fresh    ingest', 'stale    clea…rips  cod…', 'may-run  revenue    ups…', ''])
})

test('a plan and an explanation tell that an incremental step is computed whole', () => {
  const rebuilt = {
    ...plan,
    steps: plan.steps.slice(1, 2).map((step) => ({ ...step, rebuild: 'code changed' })),
  }
  expect(planText(rebuilt).split('\n').slice(1, 3)).toEqual([
    'stale    clean_trips  code-changed query trips',
    '         full rebuild: code changed',
  ])
  const told = {
    step: 'a',
    notebook: 'n',
    verdict: 'stale',
    causes: [],
    accepted: [],
    rebuild: 'first run',
  } as const
  expect(explainText(told).split('\n')[1]).toBe('it would compute all anew: first run')
})

test('a plan in which all is fresh says so', () => {
  const fresh = { ...plan, steps: plan.steps.slice(0, 1) }
  expect(planText(fresh)).toBe('taxi on dev: nothing to do, 1 step fresh\nfresh    ingest\n')
})

test('an explanation is a tree of causes with before and after', () => {
  const explanation: Explanation = {
    step: 'revenue',
    notebook: 'notebooks/revenue.ts',
    verdict: 'stale',
    causes: [
      {
        reason: { word: 'args-changed', subject: 'year' },
        details: [
          { what: 'year', before: '2018', after: '2019' },
          { what: 'mode', after: "'fast'" },
        ],
        causes: [],
      },
      {
        reason: { word: 'input-changed', subject: 'trips', detail: 'silver.trips@3 -> @4' },
        details: [{ what: '12 rows in fare' }],
        causes: [
          {
            reason: { word: 'code-changed', where: { file: 'notebooks/clean.ts', line: 4 } },
            details: [{ what: 'notebooks/clean.ts limit', before: '500', after: '300' }],
            causes: [],
          },
        ],
      },
    ],
    computed: { at: '2026-01-01T22:00:00Z', run: '01kx', fingerprint: 'ab'.repeat(32) },
    accepted: [{ input: 'zones', from: 'zones@1', to: 'zones@2', columns: ['id', 'name'] }],
  }
  expect(explainText(explanation, { now: new Date('2026-01-02T00:00:00Z') })).toBe(
    [
      'revenue is stale: it would run (notebooks/revenue.ts)',
      '├─ args-changed year',
      '│  year: 2018 -> 2019',
      "│  mode: nothing -> 'fast'",
      '└─ input-changed trips: silver.trips@3 -> @4',
      '   12 rows in fare',
      '   └─ code-changed (notebooks/clean.ts:4)',
      '      notebooks/clean.ts limit: 500 -> 300',
      'its rows were computed 2 h ago by run 01kx',
      'accepted a later version of zones: it holds the same rows in id, name',
      '',
    ].join('\n'),
  )
})

test('problems are ordered by place, with hints, and counted', () => {
  const text = problemsText([
    { code: 'project/usage', message: 'no place' },
    { code: 'flow/cycle', message: 'second', where: { file: 'a.ts', line: 9, column: 1 }, hint: 'break it' },
    {
      code: 'flow/syntax',
      message: 'first',
      where: { file: 'a.ts', line: 2 },
      related: [{ message: 'here too' }],
    },
  ])
  expect(text).toBe(
    [
      'a.ts:2: first [flow/syntax]',
      '  see here too',
      'a.ts:9:1: second [flow/cycle]',
      '  hint: break it',
      'no place [project/usage]',
      '',
      '3 problems',
      '',
    ].join('\n'),
  )
})

test('warnings are marked, and counted apart', () => {
  const warning = {
    code: 'query/volatile',
    severity: 'warn',
    message: 'now()',
    where: { file: 'a.ts' },
  } as const
  const mistake = { code: 'flow/cycle', message: 'a -> b' } as const
  expect(problemsText([mistake, mistake, warning])).toBe(
    'a.ts: warning: now() [query/volatile]\na -> b [flow/cycle]\na -> b [flow/cycle]\n\n2 problems, 1 warning\n',
  )
  expect(problemsText([warning, warning]).split('\n').at(-2)).toBe('2 warnings')
})

test('a problem of several lines is indented, and no terminal obeys what it quotes', () => {
  const message = 'it threw\n\u001b[31mred\u001b[0m\u001b]0;title\u0007 \u0007end\r\n'
  const text = problemsText([{ code: 'step/threw', message, hint: 'a\u001b[2J' }])
  expect(text).toBe('it threw\n  red \ufffdend [step/threw]\n  hint: a\n')
})

test('each event is one line of JSON, and reasons are words with the full objects beside them', () => {
  const lines = mixed.map(eventLine)
  for (const line of lines) expect(line.indexOf('\n')).toBe(line.length - 1)
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(parsed.map(({ event }) => event)).toEqual(mixed.map(({ event }) => event))
  const ended = parsed.find((event) => event['event'] === 'step-finished' && event['step'] === 'by_zone')
  expect(ended).toMatchObject({
    step: 'by_zone',
    outcome: 'ran',
    reasons: ['args-changed'],
    causes: [{ word: 'args-changed', subject: 'year', detail: '2018 -> 2019' }],
  })
})

test('an event without reasons stays as it is', () => {
  const event = mixed[0]
  expect(event && JSON.parse(eventLine(event))).toEqual(event)
  expect(eventLine(finish('a', 'fresh'))).toContain('"reasons":[]')
})

test('a plan is JSON lines too, the last one for the flow', () => {
  const lines = planJson(plan).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { step: 'ingest', verdict: 'fresh', reasons: [] },
    { step: 'clean_trips', reasons: ['code-changed'], causes: [{ detail: 'query trips' }] },
    { step: 'revenue', verdict: 'may-run', reasons: ['upstream-stale'] },
    { plan: { flow: 'taxi', env: 'dev', problems: [] } },
  ])
})

test('a problem as JSON is one line', () => {
  const problem = { code: 'project/usage', message: 'two\nlines' } as const
  expect(problemJson(problem)).toBe('{"problem":{"code":"project/usage","message":"two\\nlines"}}\n')
})
