import { describe, expect, it } from 'vitest'
import type { DeclaredStep } from '../../src/flow/declared.ts'
import { fingerprintOf, type InputFact } from '../../src/freshness/parts.ts'
import { isExpired, judge, type Findings } from '../../src/freshness/verdict.ts'
import type { EnvState, FingerprintParts, Head, StepRecord } from '../../src/lake/types.ts'

const hour = 3_600_000
const now = Date.parse('2026-03-01T12:00:00.000Z')
const at = (ms: number) => new Date(now + ms).toISOString()

const parts: FingerprintParts = {
  semantics: '1',
  engine: 'duckdb 1.5.6',
  code: 'c1',
  args: 'a1',
  env: 'e1',
  'contract:out:silver.totals': 'o1',
  'contract:in:sales': 'i1',
  'contract:code:notebooks/a.ts#a': 'k1',
  'input:sales': 'bronze.sales@v1',
  'input:files': 'files:f1',
}

const table = (name: string): DeclaredStep['outputs'][number]['table'] => ({
  name,
  columns: [],
  key: [],
  checks: [],
})

const step: DeclaredStep = {
  name: 'totals',
  file: 'notebooks/silver/totals.ts',
  notebook: 'silver/totals',
  kind: 'select',
  inputs: [
    {
      handle: 'sales',
      kind: 'table',
      name: 'bronze.sales',
      columns: [],
      optional: true,
      origin: table('bronze.sales'),
    },
    {
      handle: 'files',
      kind: 'source',
      name: 'sales files',
      columns: [],
      optional: false,
      origin: table('sales files'),
    },
  ],
  outputs: [{ handle: 'totals', table: table('silver.totals') }],
  args: {},
  argsSchema: [],
  overrides: [],
  env: {},
  secrets: [],
  volatile: false,
  limits: {},
  inFlow: 'main',
}

const head: Head = {
  version: 't1',
  seq: 3,
  manifest: 'tables/silver/totals/t1/manifest.json',
  notebook: step.file,
  fingerprint: fingerprintOf(parts),
  rows: 1,
  bytes: 1,
  files: [],
  commit: 7,
}

const record: StepRecord = {
  step: 'totals',
  flow: 'main',
  notebook: step.file,
  fingerprint: fingerprintOf(parts),
  parts,
  outputs: { 'silver.totals': 't1' },
  computedAt: at(-hour),
  commit: 7,
}

function stateWith(heads: readonly (readonly [string, Head])[]): EnvState {
  return { env: 'dev', commit: 9, heads: new Map(heads), steps: new Map() }
}

const state = stateWith([['silver.totals', head]])

const sales = { kind: 'table', table: 'bronze.sales', version: 'v1', seq: 4 } as const
const files = { kind: 'source', source: 'sales files', digest: 'f1', files: {} } as const

function findings(changed: Partial<Findings> = {}, changedParts: FingerprintParts = {}): Findings {
  const all = { ...parts, ...changedParts }
  return {
    step,
    parts: all,
    fingerprint: fingerprintOf(all),
    inputs: new Map<string, InputFact>([
      ['sales', sales],
      ['files', files],
    ]),
    untracked: [],
    damaged: new Map(),
    forced: false,
    now,
    ...changed,
  }
}

const expiring = (ms: number): DeclaredStep => ({ ...step, expiresAfter: ms })
const clock = { what: 'Date.now()', where: { file: 'notebooks/silver/totals.ts', line: 3, column: 5 } }
const inputs = (handle: string, fact: InputFact) =>
  new Map<string, InputFact>([
    ['sales', sales],
    ['files', files],
    [handle, fact],
  ])

/** What was found, and the words that a step is stale with; an optional subject or detail of the first. */
const verdicts: readonly [string, Findings, readonly string[], RegExp?][] = [
  ['nothing changed', findings(), []],
  ['other code', findings({}, { code: 'c2' }), ['code-changed'], /silver\/totals\.ts/],
  ['other args', findings({}, { args: 'a2' }), ['args-changed']],
  ['other variables', findings({}, { env: 'e2' }), ['env-changed']],
  [
    'another contract of an output',
    findings({}, { 'contract:out:silver.totals': 'o2' }),
    ['contract-changed'],
    /"silver\.totals"/,
  ],
  [
    'another contract of an input',
    findings({}, { 'contract:in:sales': 'i2' }),
    ['contract-changed'],
    /"sales"/,
  ],
  [
    'another contract that the code reads',
    findings({}, { 'contract:code:notebooks/a.ts#a': 'k2' }),
    ['contract-changed'],
    /notebooks\/a\.ts#a/,
  ],
  [
    'another engine',
    findings({}, { engine: 'duckdb 1.6.0' }),
    ['engine-changed'],
    /1\.5\.6 -> duckdb 1\.6\.0/,
  ],
  ['other rules of ours', findings({}, { semantics: '2' }), ['engine-changed']],
  [
    'another engine and other rules, which are one reason',
    findings({}, { semantics: '2', engine: 'duckdb 1.6.0' }),
    ['engine-changed'],
  ],
  [
    'a new version of an input',
    findings(
      { inputs: inputs('sales', { ...sales, version: 'v2', seq: 5 }) },
      { 'input:sales': 'bronze.sales@v2' },
    ),
    ['input-changed'],
    /bronze\.sales@5/,
  ],
  [
    'an input that is bound to another table',
    findings({ inputs: inputs('sales', { ...sales, table: 'b.x' }) }, { 'input:sales': 'b.x@v1' }),
    ['input-changed'],
  ],
  [
    'files that changed',
    findings({ inputs: inputs('files', { ...files, digest: 'f2' }) }, { 'input:files': 'files:f2' }),
    ['input-changed'],
    /files of sales files changed/,
  ],
  [
    'an optional input that is gone',
    findings(
      { inputs: inputs('sales', { kind: 'absent', name: 'bronze.sales' }) },
      { 'input:sales': 'absent' },
    ),
    ['input-changed'],
    /is absent now/,
  ],
  ['a new input', findings({}, { 'input:more': 'b.x@v1' }), ['input-changed'], /more is new/],
  [
    'an output whose file is gone',
    findings({ damaged: new Map([['silver.totals', 'missing']]) }),
    ['output-missing'],
    /a file is gone/,
  ],
  [
    'an output whose file was edited',
    findings({ damaged: new Map([['silver.totals', 'changed']]) }),
    ['output-changed'],
    /edited/,
  ],
  [
    'code that is not tracked',
    findings({ untracked: [clock] }),
    ['untracked'],
    /Date\.now\(\) at .*totals\.ts:3/,
  ],
  [
    'code that is not tracked, of a step that expires',
    findings({ step: expiring(2 * hour), untracked: [clock] }),
    [],
  ],
  ['a volatile step', findings({ step: { ...step, volatile: true } }), ['volatile']],
  [
    'a volatile step with untracked code',
    findings({ step: { ...step, volatile: true }, untracked: [clock] }),
    ['volatile'],
  ],
  ['an age below the limit', findings({ step: expiring(hour + 1) }), []],
  [
    'an age of exactly the limit',
    findings({ step: expiring(hour) }),
    ['expired'],
    /computed at 2026-03-01T11/,
  ],
  ['an age above the limit', findings({ step: expiring(hour - 1) }), ['expired']],
  ['a clock that was put back', findings({ step: expiring(2 * hour), now: now - 2 * hour }), ['expired']],
  ['force', findings({ forced: true }), ['forced']],
  [
    'several changes, which are all told',
    findings({ forced: true, untracked: [clock] }, { code: 'c2', args: 'a2' }),
    ['code-changed', 'args-changed', 'untracked', 'forced'],
  ],
]

describe('the verdict of a step with a record', () => {
  it.each(verdicts)('%s', (_, found, words, told) => {
    const { fresh, reasons } = judge(found, record, state)
    expect(reasons.map(({ word }) => word)).toEqual(words)
    expect(fresh).toBe(words.length === 0)
    if (told) expect(JSON.stringify(reasons[0])).toMatch(told)
  })

  it('is stale when an input is there that was absent', () => {
    const before = { ...parts, 'input:sales': 'absent' }
    const then = { ...record, parts: before, fingerprint: fingerprintOf(before) }
    expect(judge(findings(), then, state).reasons).toEqual([
      { word: 'input-changed', subject: 'sales', detail: 'bronze.sales is there now' },
    ])
  })

  it.each([
    ['has no version', stateWith([]), 'output-missing', 'it has no version'],
    [
      'was written by another step',
      stateWith([['silver.totals', { ...head, version: 't2', seq: 4 }]]),
      'output-changed',
      "silver.totals@4 is not this step's",
    ],
  ])('is stale when its output %s', (_, now, word, detail) => {
    expect(judge(findings(), record, now).reasons).toEqual([{ word, subject: 'silver.totals', detail }])
  })
})

describe('the verdict of a step without a record', () => {
  it.each([
    ['that never ran', stateWith([]), undefined],
    [
      'whose table another step wrote',
      state,
      'silver.totals was written by notebooks/silver/totals.ts, together with other tables',
    ],
  ])('%s is never-run, and nothing else', (_, now, detail) => {
    const found = findings({ untracked: [clock], step: { ...step, volatile: true } })
    expect(judge(found, undefined, now).reasons).toEqual([{ word: 'never-run', ...(detail && { detail }) }])
  })

  it('is also forced when it is', () => {
    const { reasons } = judge(findings({ forced: true }), undefined, stateWith([]))
    expect(reasons.map(({ word }) => word)).toEqual(['never-run', 'forced'])
  })
})

describe('expiry', () => {
  it.each([
    ['no limit', undefined, -hour, false],
    ['young', 2 * hour, -hour, false],
    ['just computed', hour, 0, false],
    ['old', hour, -hour, true],
    ['computed in the future', hour, 1, true],
  ])('%s', (_, limit, computed, expired) => {
    expect(isExpired(limit === undefined ? {} : { expiresAfter: limit }, at(computed), now)).toBe(expired)
  })

  it('holds for a time that is none', () => {
    expect(isExpired({ expiresAfter: hour }, 'yesterday', now)).toBe(true)
  })
})

describe('a step whose table was restored', () => {
  const held: StepRecord = { ...record, held: { 'silver.totals': 't0' } }
  const restored = stateWith([['silver.totals', { ...head, version: 't0', seq: 4 }]])

  const stays: readonly [string, Partial<Findings>, FingerprintParts][] = [
    ['nothing changed', {}, {}],
    ['an input has a new version', {}, { 'input:sales': 'bronze.sales@v2' }],
    ['files of a source changed', {}, { 'input:files': 'files:f2' }],
    ['the engine is another', {}, { engine: 'duckdb 2', semantics: '2' }],
    ['a variable of the environment changed', {}, { env: 'e2' }],
    ['it is volatile', { step: { ...step, volatile: true } }, {}],
    ['it is too old', { step: { ...step, expiresAfter: 1 } }, {}],
    ['a file of it is damaged', { damaged: new Map([['silver.totals', 'changed']]) }, {}],
  ]
  it.each(stays)('is held when %s', (_, changed, changedParts) => {
    const verdict = judge(findings(changed, changedParts), held, restored)
    expect([verdict.fresh, verdict.held, words(verdict)]).toEqual([true, true, ['held']])
  })

  it('says which inputs have changed, and how to end it', () => {
    const [reason] = judge(findings({}, { 'input:sales': 'bronze.sales@v2' }), held, restored).reasons
    expect(reason?.detail).toBe(
      'silver.totals@4 restored; inputs have changed: sales; `sluice release silver.totals` lets runs write again',
    )
  })

  const ends: readonly [string, Partial<Findings>, FingerprintParts, string[]][] = [
    ['its code changes', {}, { code: 'c2' }, ['code-changed', 'output-changed']],
    ['its args change', {}, { args: 'a2' }, ['args-changed', 'output-changed']],
    [
      'its contract changes',
      {},
      { 'contract:out:silver.totals': 'o2' },
      ['contract-changed', 'output-changed'],
    ],
    ['it is forced', { forced: true }, {}, ['output-changed', 'forced']],
  ]
  it.each(ends)('runs when %s', (_, changed, changedParts, expected) => {
    const verdict = judge(findings(changed, changedParts), held, restored)
    expect([verdict.fresh, words(verdict)]).toEqual([false, expected])
  })

  it('is judged as usual when somebody else has moved the table since, and after a release', () => {
    const moved = stateWith([['silver.totals', { ...head, version: 't9', seq: 5 }]])
    expect(words(judge(findings(), held, moved))).toEqual(['output-changed'])
    expect(words(judge(findings(), record, restored))).toEqual(['output-changed'])
  })
})

function words({ reasons }: ReturnType<typeof judge>): string[] {
  return reasons.map(({ word }) => word)
}
