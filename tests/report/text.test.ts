import { describe, expect, test } from 'vitest'
import { paintOf } from '../../src/report/paint.ts'
import { textReport } from '../../src/report/text.ts'
import type { TextReportOptions } from '../../src/report/text.ts'
import { widthOf } from '../../src/report/width.ts'
import type { RunEvent } from '../../src/run/events.ts'
import { finish, finished, mixed, printed, start, started, written } from './events.ts'

function tell(events: readonly RunEvent[], options: Partial<TextReportOptions> = {}): string[] {
  const lines: string[] = []
  const report = textReport({ line: (text) => lines.push(text), ...options })
  for (const event of events) report.event(event)
  return lines
}

const summary = [
  '',
  'clean_trips failed (notebooks/clean_trips.ts)',
  "notebooks/clean_trips.ts:7:3: table 'silver.trips': 3 rows break the check fare >= 0 [contract/check]",
  '  see notebooks/clean_trips.ts:5: the check is declared here',
  '  hint: leave such rows out in the query',
  'It printed last:',
  '  fare -1',
  '',
  'silver.zones@1         265 rows     2.6 kB',
  'bronze.trips@3   1,234,567 rows      12 MB',
  'gold.by_zone@12           1 row  unchanged',
  '',
  '2 ran, 1 reused, 1 fresh, 1 failed, 1 blocked in 1m 04s',
  'Tables of dev are in storage/lake.',
]

describe('a run told to a file or a pipe', () => {
  test('has a line for each start and each end, what was printed, failures again and a summary', () => {
    expect(tell(mixed)).toEqual([
      'taxi on dev: 6 steps, tables in storage/lake',
      'reused     zones          1.2s  265 rows  never-run',
      'start      ingest_trips   input-changed files: 2 of 12 files',
      '  ingest_trips | reading',
      '  ingest_trips | 2 files',
      'ran        ingest_trips   2.3s  1,234,567 rows',
      'start      clean_trips    code-changed (notebooks/clean_trips.ts:12)',
      '  clean_trips | fare -1',
      "failed     clean_trips    340ms  table 'silver.trips': 3 rows break the check fare >= 0",
      'blocked    daily_revenue  by clean_trips',
      'start      by_zone        args-changed year: 2018 -> 2019',
      'ran        by_zone        1m 01s  1 row, the same as before',
      ...summary,
    ])
  })

  test('leaves out what steps print when it is quiet, but not what a failed step printed last', () => {
    const lines = tell(mixed, { quiet: true })
    expect(lines.filter((line) => line.includes(' | '))).toEqual([])
    expect(lines).toContain('  fare -1')
  })

  test('holds no escape codes without colours', () => {
    expect(tell(mixed).join('\n')).not.toContain('\u001b')
  })

  test('takes out what printed text would make a terminal do', () => {
    const lines = tell([started(['a']), start('a'), printed('a', '\u001b[2Jgone\u0007\n')])
    expect(lines.at(-1)).toBe('  a | gone\ufffd')
  })

  test('says which try it is when a step is tried again', () => {
    const lines = tell([started(['a']), start('a', [{ word: 'forced' }], 2)])
    expect(lines.at(-1)).toBe('start      a  try 2  forced')
  })
})

describe('a run with nothing to do', () => {
  test('is one line, with the number of fresh steps and the place of the tables', () => {
    const events = [started(['a', 'b']), finish('a', 'fresh'), finish('b', 'fresh'), finished({ fresh: 2 })]
    const line = 'Nothing to do: 2 steps of taxi are fresh. Tables of dev are in storage/lake.'
    expect(tell(events)).toEqual([line])
    expect(tell(events, { form: 'terminal', width: () => 80 })).toEqual([line])
  })

  test('says so when no step was selected', () => {
    expect(tell([started([]), finished({})])).toEqual(['Nothing to do: no step of taxi is selected.'])
  })

  test('shows what was accepted', () => {
    const accepted = finish('b', 'fresh', {
      reasons: [{ word: 'accepted', subject: 'raw', detail: 't@3 -> t@4' }],
    })
    const lines = tell([started(['a', 'b']), accepted, finished({ fresh: 2 })])
    expect(lines).toContain('fresh      b  accepted raw: t@3 -> t@4')
  })
})

describe('a run told on a terminal', () => {
  test('has a line for each step that ended', () => {
    const lines = tell(mixed, { form: 'terminal', width: () => 100 })
    expect(lines.slice(0, 9)).toEqual([
      'taxi on dev: 6 steps, tables in storage/lake',
      '↺ zones            1.2s  reused  265 rows  never-run',
      '  ingest_trips | reading',
      '  ingest_trips | 2 files',
      '✓ ingest_trips     2.3s  1,234,567 rows  input-changed files: 2 of 12 files',
      '  clean_trips | fare -1',
      "✗ clean_trips     340ms  failed  table 'silver.trips': 3 rows break the check fare >= 0",
      '– daily_revenue          blocked  by clean_trips',
      '✓ by_zone        1m 01s  1 row, the same as before  args-changed year: 2018 -> 2019',
    ])
  })

  test('keeps to 40 columns', () => {
    const lines = tell(mixed, { form: 'terminal', width: () => 40 })
    expect(lines.slice(1, 9)).toEqual([
      '↺ zones            1.2s  reused  265 ro…',
      '  ingest_trips | reading',
      '  ingest_trips | 2 files',
      '✓ ingest_trips     2.3s  1,234,567 rows…',
      '  clean_trips | fare -1',
      '✗ clean_trips     340ms  failed  table …',
      '– daily_revenue          blocked  by cl…',
      '✓ by_zone        1m 01s  1 row, the sam…',
    ])
  })

  test('cuts long names in the middle, and counts wide characters twice', () => {
    const wide = '日本語の取引データ集計'
    const long = 'a_very_long_name_of_a_step_that_ends_in_2019'
    const steps = [wide, long]
    const lines = tell([started(steps), ...steps.map((step) => finish(step, 'ran'))], {
      form: 'terminal',
      width: () => 40,
    })
    expect(lines.slice(1)).toEqual(['✓ 日本語の…タ集計     1.2s', '✓ a_very_l…in_2019    1.2s'])
    for (const line of lines.slice(1)) expect(widthOf(line)).toBeLessThanOrEqual(40)
  })

  test('paints outcomes when colours are wanted', () => {
    const lines = tell(mixed, { form: 'terminal', width: () => 100, paint: paintOf(true) })
    expect(lines.some((line) => line.startsWith('\u001b[32m✓\u001b[39m by_zone'))).toBe(true)
    expect(lines.some((line) => line.startsWith('\u001b[31mclean_trips failed\u001b[39m'))).toBe(true)
  })
})

test('many written tables are counted', () => {
  const tables = Array.from({ length: 25 }, (_, at) => written(`t${at}`, at))
  const lines = tell([started(['a']), finish('a', 'ran', { tables }), finished({ ran: 1 })])
  expect(lines).toContain('and 5 tables more')
  expect(lines.filter((line) => line.startsWith('t')).length).toBe(21)
})

test('runs may follow each other', () => {
  const one = [started(['a']), finish('a', 'ran'), finished({ ran: 1 })]
  const lines = tell([...one, ...one])
  expect(lines.filter((line) => line.startsWith('taxi on dev')).length).toBe(2)
})
