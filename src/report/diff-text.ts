import type { ChangedRow, ExampleRow } from '../engine/table-diff.ts'
import type { TableDiff } from '../run/diff-result.ts'
import { countText, plural } from './amount.ts'
import {
  cellTexts,
  changedColumnsText,
  cutLong,
  notesOf,
  rowsText,
  sameText,
  schemaText,
  valueText,
  versionText,
} from './diff-words.ts'
import { plainPaint } from './paint.ts'
import type { Paint } from './paint.ts'
import { tableLines } from './table-text.ts'
import { cutEnd, oneLine } from './width.ts'
import { wrapped } from './wrap.ts'

export interface DiffTextOptions {
  /** Columns of the terminal. Unlimited when left out, but for examples. */
  readonly width?: number
  readonly paint?: Paint
}

const label = 10
/** A whole row of a wide table is no example. */
const widest = 160

/** How two versions of a table differ, for people. */
export function diffText(diff: TableDiff, options: DiffTextOptions = {}): string {
  const { width = Infinity, paint = plainPaint } = options
  const head = `${paint.bold(diff.table)}  ${versionText(diff.from)} .. ${versionText(diff.to)}`
  const lines = diff.same ? [said('rows', sameText(diff), width)] : changeLines(diff, width, paint)
  return `${[head, ...lines.flat()].join('\n')}\n`
}

function changeLines(diff: TableDiff, width: number, paint: Paint): string[] {
  const colours = { added: paint.green, removed: paint.red, changed: paint.yellow }
  const schema = diff.schema.map((change) => colours[change.kind](schemaText(change)))
  const columns = changedColumnsText(diff)
  return [
    ...schema.flatMap((text, at) => said(at === 0 ? 'schema' : '', text, width)),
    ...said('rows', rowsText(diff), width),
    ...(columns === '' ? [] : said('changed', columns, width)),
    ...notesOf(diff).flatMap((note, at) => said(at === 0 ? 'note' : '', note, width).map(paint.dim)),
    ...exampleLines(diff, Math.min(width, widest), paint),
  ]
}

/** A label and its text, which goes on below itself where the line is full. */
function said(name: string, text: string, width: number): string[] {
  const room = Math.max(20, width - label - 2)
  return wrapped(text, room).map((line, at) => `  ${(at === 0 ? name : '').padEnd(label - 2)} ${line}`)
}

function exampleLines({ key, rows }: TableDiff, width: number, paint: Paint): string[] {
  const { changed, added, removed } = rows.examples
  const line = (text: string) => cutEnd(`    ${text}`, width)
  return [
    ...changed.map((each) => paint.yellow(line(`~ ${changeText(each)}`))),
    ...added.map((each) => paint.green(line(`+ ${rowText(each, key)}`))),
    ...removed.map((each) => paint.red(line(`- ${rowText(each, key)}`))),
  ]
}

function changeText({ key, cells }: ChangedRow): string {
  const values = Object.entries(key).map(([name, value]) => `${oneLine(name)}=${cutLong(valueText(value))}`)
  const changes = cells.map((cell) => `${oneLine(cell.column)} ${cellTexts(cell).join(' -> ')}`)
  return `${values.join(' ')}   ${changes.join(', ')}`
}

/** The key first, then what fits. */
function rowText({ row, count }: ExampleRow, key: readonly string[]): string {
  const names = Object.keys(row)
  const ordered = [
    ...key.filter((name) => names.includes(name)),
    ...names.filter((name) => !key.includes(name)),
  ]
  const values = ordered.map((name) => `${oneLine(name)}=${cutLong(valueText(row[name]))}`)
  return `${values.join(' ')}${count > 1 ? `   ${countText(count)} times` : ''}`
}

/** Many tables, one line each. */
export function diffSummaryText(diffs: readonly TableDiff[], options: DiffTextOptions = {}): string {
  const { width = Infinity, paint = plainPaint } = options
  const differ = diffs.filter(({ same }) => !same)
  const same = diffs.length - differ.length
  const rewritten =
    same === 0
      ? ''
      : `; ${plural(same, 'table')} with another version ${same === 1 ? 'has' : 'have'} the same rows`
  if (differ.length === 0) return `No table differs${rewritten}.\n`
  const cells = differ.map((diff) => [
    diff.table,
    `${versionText(diff.from)} .. ${versionText(diff.to)}`,
    ...[diff.rows.added, diff.rows.removed, diff.rows.changed].map(countText),
    presenceText(diff) ?? changedColumnsText(diff),
    presenceText(diff) === undefined ? schemaCounts(diff) : '',
  ])
  const heads = [
    { title: 'table' },
    { title: 'versions', minor: true as const },
    ...['added', 'removed', 'changed'].map((title) => ({ title, align: 'right' as const })),
    { title: 'cells', cut: 'end' as const },
    { title: 'schema', minor: true as const },
  ]
  const lines = tableLines(heads, cells, { width, paint })
  return `${lines.join('\n')}\n${plural(differ.length, 'table')} ${differ.length === 1 ? 'differs' : 'differ'}${rewritten}.\n`
}

/** A table that one side does not have. */
function presenceText({ from, to }: TableDiff): string | undefined {
  if (from === undefined) return 'new table'
  return to === undefined ? 'table removed' : undefined
}

/** `+1 -2 ~1` columns. */
function schemaCounts({ schema, contractKey }: TableDiff): string {
  const count = (kind: string) => schema.filter((change) => change.kind === kind).length
  const counts = [
    ['+', count('added')] as const,
    ['-', count('removed')] as const,
    ['~', count('changed')] as const,
  ]
  const told = counts.flatMap(([mark, n]) => (n > 0 ? [`${mark}${n}`] : []))
  return [...told, ...(contractKey ? ['key'] : [])].join(' ')
}
