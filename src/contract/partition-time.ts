import type { Grain } from './partition.ts'

/** The time that a partition stands for, in milliseconds since 1970 (UTC): from `start` up to `end`, `end` left out. */
export interface Period {
  readonly start: number
  readonly end: number
}

const hour = 3_600_000
const day = 24 * hour

const forms: { readonly [G in Grain]: RegExp } = {
  hour: /^(\d{4})-(\d{2})-(\d{2})T(\d{2})$/,
  day: /^(\d{4})-(\d{2})-(\d{2})$/,
  week: /^(\d{4})-W(\d{2})$/,
  month: /^(\d{4})-(\d{2})$/,
  year: /^(\d{4})$/,
}

/** From the shortest. */
const grains: readonly Grain[] = ['hour', 'day', 'week', 'month', 'year']

/** How a value of each grain is written, for messages. */
export const grainExamples: { readonly [G in Grain]: string } = {
  hour: '2019-01-31T07',
  day: '2019-01-31',
  week: '2019-W05',
  month: '2019-01',
  year: '2019',
}

/**
 * The time that a value stands for; undefined for a text that is none. Weeks are those of ISO 8601: they begin on
 * Monday, and the first of a year is the one with its first Thursday. A date (`2019-01-01`) stands for the week,
 * month or year that it begins.
 */
export function periodOf(every: Grain, text: string): Period | undefined {
  const found = forms[every].exec(text)
  const start = found ? startOf(every, found.slice(1).map(Number)) : startOfDate(text)
  if (start === undefined) return undefined
  // A text that is no such time, such as 2019-02-30, is written otherwise.
  if (found ? periodName(every, start) !== text : floorTo(every, start) !== start) return undefined
  return { start, end: shifted(every, start, 1) }
}

/** Whether a text can be an end of a range of periods: one of them, or a longer time that holds some. */
export function isRangeEnd(every: Grain, text: string): boolean {
  const longer: readonly Grain[] = every === 'week' ? ['week', 'year'] : grains.slice(grains.indexOf(every))
  return longer.some((grain) =>
    grain !== 'week' || every === 'week' ? periodOf(grain, text) !== undefined : false,
  )
}

/** The value of the period that holds a time. */
export function periodName(every: Grain, time: number): string {
  const iso = new Date(time).toISOString()
  if (every === 'week') return weekName(time)
  return iso.slice(0, { hour: 13, day: 10, month: 7, year: 4 }[every])
}

/** The begin of a period that comes so many periods after one that begins at a time; before it, when negative. */
export function shifted(every: Grain, start: number, by: number): number {
  if (every === 'hour') return start + by * hour
  if (every === 'day') return start + by * day
  if (every === 'week') return start + by * 7 * day
  const date = new Date(start)
  const months = date.getUTCFullYear() * 12 + date.getUTCMonth() + by * (every === 'year' ? 12 : 1)
  return utc(Math.floor(months / 12), months % 12, 1)
}

function startOf(every: Grain, [year = 0, second = 1, date = 1, hours = 0]: readonly number[]): number {
  if (every !== 'week') return utc(year, second - 1, date) + hours * hour
  // The 4th of January is always in the first week.
  return floorTo('week', utc(year, 0, 4)) + (second - 1) * 7 * day
}

function startOfDate(text: string): number | undefined {
  const [, year, month, date] = forms.day.exec(text) ?? []
  if (year === undefined) return undefined
  const start = utc(Number(year), Number(month) - 1, Number(date))
  return periodName('day', start) === text ? start : undefined
}

/** The begin of the period that holds a time. */
function floorTo(every: Grain, time: number): number {
  const date = new Date(time)
  if (every === 'hour') return Math.floor(time / hour) * hour
  if (every === 'day') return Math.floor(time / day) * day
  // 1970-01-01 was a Thursday.
  if (every === 'week') return Math.floor((time / day + 3) / 7) * 7 * day - 3 * day
  return utc(date.getUTCFullYear(), every === 'month' ? date.getUTCMonth() : 0, 1)
}

function weekName(time: number): string {
  const monday = floorTo('week', time)
  const year = new Date(monday + 3 * day).getUTCFullYear()
  const first = floorTo('week', utc(year, 0, 4))
  const week = Math.round((monday - first) / (7 * day)) + 1
  return `${String(year).padStart(4, '0')}-W${String(week).padStart(2, '0')}`
}

/** `Date.UTC` takes the years 0 to 99 for those of 1900. */
function utc(year: number, month: number, date: number): number {
  return new Date(0).setUTCFullYear(year, month, date)
}
