import { PassThrough } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { liveReport, liveRows } from '../../src/report/live.ts'
import { plainPaint } from '../../src/report/paint.ts'
import { followRun } from '../../src/report/run-view.ts'
import { widthOf } from '../../src/report/width.ts'
import type { RunEvent } from '../../src/run/events.ts'
import { finish, finished, start, started } from './events.ts'

const now = new Date('2026-01-02T03:04:07.300Z')

function viewOf(events: readonly RunEvent[]) {
  const fold = followRun()
  for (const event of events) fold.add(event)
  return fold.view
}

test('live rows show each step that runs, why, and how far the run is', () => {
  const view = viewOf([
    started(['a', 'b', 'c']),
    finish('a', 'ran'),
    start('b'),
    start('c', [{ word: 'forced' }]),
  ])
  expect(liveRows(view, now, 24, { paint: plainPaint, width: 60, names: 4 })).toEqual([
    '⠸ b       2.3s  never-run',
    '⠸ c       2.3s  forced',
    '2 running, 1 of 3 done, 2.3s',
  ])
})

test('live rows fit a terminal of 20 columns and 4 rows', () => {
  const steps = Array.from({ length: 9 }, (_, at) => `a_step_with_a_name_${at}`)
  const view = viewOf([started(steps), ...steps.map((step) => start(step))])
  const rows = liveRows(view, now, 4, { paint: plainPaint, width: 20, names: 8 })
  expect(rows).toEqual(['⠸ a_st…e_0    2.3s', '⠸ a_st…e_1    2.3s', '9 running, 0 of 9 d…'])
  for (const row of rows) expect(widthOf(row)).toBeLessThanOrEqual(20)
})

test('nothing is live when nothing runs', () => {
  expect(liveRows(viewOf([started(['a'])]), now, 24, { paint: plainPaint, width: 60, names: 4 })).toEqual([])
})

/** A terminal that keeps what is written to it. */
function terminal() {
  const stream = new PassThrough()
  const texts: string[] = []
  const write = (text: string): boolean => texts.push(text) > 0
  const shape = Object.assign(stream, { isTTY: true, columns: 60, rows: 20, write })
  return { texts, stream: shape as unknown as NodeJS.WriteStream }
}

test('finished lines stay above the live rows, which are gone at the end', async () => {
  const { texts, stream } = terminal()
  const report = liveReport({ terminal: stream, paint: plainPaint })
  report.event(started(['a', 'b']))
  report.event(start('a'))
  await vi.waitFor(() => expect(texts.join('')).toContain('1 running, 0 of 2 done'))
  report.event(finish('a', 'ran'))
  report.event(finish('b', 'fresh'))
  report.event(finished({ ran: 1, fresh: 1 }))
  report.close()
  const said = texts.filter((text) => text.endsWith('\n') && !text.includes('\u001b'))
  expect(said.map((text) => text.trimEnd())).toEqual([
    'taxi on dev: 2 steps, tables in storage/lake',
    '✓ a    1.2s',
    '',
    '1 ran, 1 fresh in 2.3s',
    'Tables of dev are in storage/lake.',
  ])
})

test('a run with nothing to do draws nothing', () => {
  const { texts, stream } = terminal()
  const report = liveReport({ terminal: stream, paint: plainPaint })
  for (const event of [started(['a']), finish('a', 'fresh'), finished({ fresh: 1 })]) report.event(event)
  report.close()
  // In two lines, because the terminal is narrow.
  expect(texts).toEqual(['Nothing to do: 1 step of taxi is fresh.\n', 'Tables of dev are in storage/lake.\n'])
})
