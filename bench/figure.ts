import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { ratioOf, spreadOf, type Spread } from './measure.ts'

/** One row of the table: what was measured, beside what, and what it should be. */
export interface Figure {
  readonly bench: string
  readonly what: string
  readonly unit: Unit
  readonly value: Spread
  readonly baseline?: { readonly what: string; readonly value: Spread }
  /** Of the runs to those of the baseline, round by round. */
  readonly ratio?: Spread
  readonly goal?: Goal
}

export type Unit = 'ms' | 's' | 'rows/s' | 'MB' | 'requests'

/** A limit of the median of `ratio`, or of `value` where there is no ratio. */
export interface Goal {
  readonly atMost?: number
  readonly atLeast?: number
}

/** A row of runs beside those of a baseline that was measured in the same rounds. */
export function compared(
  about: Pick<Figure, 'bench' | 'what' | 'unit' | 'goal'>,
  runs: readonly number[],
  against: string,
  baseline: readonly number[],
): Figure {
  return {
    ...about,
    value: spreadOf(runs),
    baseline: { what: against, value: spreadOf(baseline) },
    ratio: ratioOf(runs, baseline),
  }
}

export interface Machine {
  readonly cores: number
  readonly cpu: string
  readonly memoryGb: number
  readonly os: string
  readonly node: string
}

export function machine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1e9),
    os: `${process.platform} ${process.arch} ${release()}`,
    node: process.version,
  }
}

export function isMet({ goal, ratio, value }: Figure): boolean | undefined {
  if (!goal) return undefined
  const { median } = ratio ?? value
  return median <= (goal.atMost ?? Infinity) && median >= (goal.atLeast ?? -Infinity)
}

const headings = [
  'bench',
  'measured',
  'median (min to max)',
  'against',
  'median',
  'ratio (min to max)',
  'goal',
  '',
]

/** The figures as one table that is also Markdown. */
export function figureTable(figures: readonly Figure[]): string {
  const rows = [headings, ...figures.map(cells)]
  const widths = headings.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  const lines = rows.map((row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`)
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`)
  return lines.join('\n')
}

function cells(figure: Figure): string[] {
  const { bench, what, unit, value, baseline, ratio, goal } = figure
  const number = (n: number) => inUnit(n, unit)
  const met = isMet(figure)
  return [
    bench,
    what,
    `${number(value.median)} ${unit} (${number(value.min)} to ${number(value.max)})`,
    baseline?.what ?? '',
    baseline ? `${number(baseline.value.median)} ${unit}` : '',
    ratio ? `${plain(ratio.median)} (${plain(ratio.min)} to ${plain(ratio.max)})` : '',
    goal ? `${goal.atMost === undefined ? 'at least' : 'at most'} ${goal.atMost ?? goal.atLeast}` : '',
    met === undefined ? '' : met ? 'met' : 'MISSED',
  ]
}

function inUnit(value: number, unit: Unit): string {
  if (unit === 's') return value.toFixed(2)
  if (unit === 'rows/s' || unit === 'requests') return Math.round(value).toLocaleString('en')
  return value < 20 ? value.toFixed(1) : value.toFixed(0)
}

function plain(ratio: number): string {
  return ratio >= 100 ? ratio.toFixed(0) : ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2)
}
