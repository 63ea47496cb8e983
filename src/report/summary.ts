import type { Outcome, RunFinished, StepFinished, WrittenTable } from '../run/events.ts'
import { bytesText, plural } from './amount.ts'
import { failuresCommand } from './check-line.ts'
import { paintOutcome } from './paint.ts'
import type { Paint } from './paint.ts'
import { problemLines } from './problems-text.ts'
import type { RunView } from './run-view.ts'
import { tableLines } from './table-text.ts'
import { durationText } from './time.ts'
import { cutEnd, oneLine, widthOf } from './width.ts'

export interface SummaryStyle {
  readonly paint: Paint
  readonly width: number
}

/** More tables than this are counted only. */
const mostTables = 20
const order: readonly Outcome[] = ['ran', 'reused', 'fresh', 'failed', 'blocked', 'cancelled']

/** Whether a run found nothing to do and has nothing to say. */
export function wasIdle(view: RunView, end: RunFinished): boolean {
  return order.every((outcome) => outcome === 'fresh' || end.counts[outcome] === 0) && view.running.size === 0
}

/** The one line of a run that had nothing to do; two where one is too long. */
export function idleLines(view: RunView, end: RunFinished, width: number): string[] {
  const { fresh } = end.counts
  if (fresh === 0) return [`Nothing to do: no step of ${end.flow} is selected.`]
  const are = fresh === 1 ? 'is' : 'are'
  const said = `Nothing to do: ${plural(fresh, 'step')} of ${end.flow} ${are} fresh.`
  const both = `${said} ${whereLine(view, end)}`
  return widthOf(both) <= width ? [both] : [said, whereLine(view, end)]
}

/** What is left on the screen after a run: failures again, tables written, counts, time, and where the tables are. */
export function summaryLines(view: RunView, end: RunFinished, style: SummaryStyle): string[] {
  const { paint } = style
  const failed = view.finished.filter(({ outcome }) => outcome === 'failed')
  const counts = order
    .filter((outcome) => end.counts[outcome] > 0)
    .map((outcome) => paintOutcome(paint, outcome, `${end.counts[outcome]} ${outcome}`))
  const tables = writtenLines(
    view.finished.flatMap((step) => step.tables),
    style,
  )
  return [
    ...failed.flatMap((step) => ['', ...failureLines(step, view, style)]),
    ...(tables.length === 0 ? [] : ['', ...tables]),
    '',
    `${counts.join(', ')} in ${durationText(end.ms)}`,
    whereLine(view, end),
  ]
}

function whereLine(view: RunView, end: RunFinished): string {
  return `Tables of ${end.env} are in ${view.started?.storage ?? 'its storage'}.`
}

function failureLines(step: StepFinished, view: RunView, { paint, width }: SummaryStyle): string[] {
  const printed = view.printed.get(step.step) ?? []
  const kept = view.broken.filter(
    (each) => each.step === step.step && each.outcome === 'failed' && each.failures !== undefined,
  )
  const commands = [...new Set(kept.map(({ table, check }) => failuresCommand(table, check)))]
  const lines = step.problems.flatMap((problem) => problemLines(problem, paint))
  const tail = printed.map((line) => cutEnd(`  ${oneLine(line)}`, width))
  return [
    `${paint.red(`${step.step} failed`)} ${paint.dim(`(${step.notebook})`)}`,
    ...lines,
    ...commands.map((command) => paint.dim(`  more of such rows: ${command}`)),
    ...(tail.length === 0 ? [] : [paint.dim('It printed last:'), ...tail]),
  ]
}

function writtenLines(tables: readonly WrittenTable[], { paint, width }: SummaryStyle): string[] {
  if (tables.length === 0) return []
  const rows = tables
    .slice(0, mostTables)
    .map(({ table, seq, rows: count, bytes, unchanged }) => [
      `${table}@${seq}`,
      plural(count, 'row'),
      unchanged ? 'unchanged' : bytesText(bytes),
    ])
  const columns = [
    { title: 'table' },
    { title: 'rows', align: 'right' as const },
    { title: 'size', align: 'right' as const },
  ]
  const [, ...lines] = tableLines(columns, rows, { width, paint })
  const more = tables.length - mostTables
  return [...lines, ...(more > 0 ? [paint.dim(`and ${plural(more, 'table')} more`)] : [])]
}
