import type { ExampleRow } from '../engine/table-diff.ts'
import type { TableDiff } from '../run/diff-result.ts'
import { countText } from './amount.ts'
import {
  cellTexts,
  cutLong,
  notesOf,
  rowsText,
  sameText,
  schemaText,
  valueText,
  versionText,
} from './diff-words.ts'
import { cutBlocks, markdownTable, markdownText } from './markdown-text.ts'

/** GitHub takes so many characters for a comment; bytes are never fewer. */
export const mostComment = 65_536

/** What one page shows of a wide or long table. */
const most = { columns: 20, cells: 12, schema: 50 }

/** Differences of tables as Markdown, one section for each. Names and values are data: none of it is markup. */
export function diffMarkdown(diffs: readonly TableDiff[], size = mostComment): string {
  if (diffs.length === 0) return 'No table differs.\n'
  const blocks = diffs.flatMap((diff) => [
    `### ${markdownText(diff.table)} ${versionsMarkdown(diff)}`,
    ...diffBlocks(diff),
  ])
  return cutBlocks(blocks, size)
}

/** `prod@9 .. dev@12` */
export function versionsMarkdown({ from, to }: TableDiff): string {
  return markdownText(`${versionText(from)} .. ${versionText(to)}`)
}

/** What differs between two versions, without a title. */
export function diffBlocks(diff: TableDiff): string[] {
  const { schema, rows } = diff
  if (diff.same) return [`${sameText(diff)}.`]
  const shown = schema.slice(0, most.schema).map((change) => `- ${markdownText(schemaText(change))}`)
  const more = schema.length - shown.length
  const facts = [
    `- rows ${rowsText(diff)}`,
    ...(rows.columns.length > 0 ? [`- changed cells: ${changedMarkdown(diff)}`] : []),
    ...notesOf(diff).map((note) => `- ${markdownText(note)}`),
  ]
  return [
    [...shown, ...(more > 0 ? [`- and ${countText(more)} more columns`] : []), ...facts].join('\n'),
    ...exampleBlocks(diff),
  ]
}

/** The columns with changed cells, and how many. */
export function changedMarkdown({ rows }: TableDiff, count = most.columns): string {
  const texts = rows.columns
    .slice(0, count)
    .map(({ column, changed }) => `${markdownText(column)} ${countText(changed)}`)
  const more = rows.columns.length - texts.length
  return [...texts, ...(more > 0 ? [`${countText(more)} more`] : [])].join(', ')
}

function exampleBlocks({ key, rows }: TableDiff): string[] {
  const { changed, added, removed } = rows.examples
  const cells = changed.flatMap(({ key: values, cells: all }) =>
    all
      .slice(0, most.cells)
      .map((cell) => [
        markdownText(Object.values(values).map(short).join(' ')),
        markdownText(cell.column),
        ...cellTexts(cell).map(markdownText),
      ]),
  )
  const keys = key.map(markdownText).join(' ')
  return [
    ...(cells.length > 0
      ? [markdownTable([keys, 'column', 'before', 'after'], ['left', 'left', 'right', 'right'], cells)]
      : []),
    ...rowTable('added', added, key),
    ...rowTable('removed', removed, key),
  ]
}

function rowTable(what: string, examples: readonly ExampleRow[], key: readonly string[]): string[] {
  const [first] = examples
  if (first === undefined) return []
  const all = Object.keys(first.row)
  const ordered = [...key, ...all.filter((name) => !key.includes(name))].slice(0, most.columns)
  const many = examples.some(({ count }) => count > 1)
  const cells = examples.map(({ row, count }) => [
    ...ordered.map((name) => markdownText(short(row[name]))),
    ...(many ? [countText(count)] : []),
  ])
  const titles = [...ordered.map(markdownText), ...(many ? ['times'] : [])]
  return [
    `Rows ${what}, such as:`,
    markdownTable(
      titles,
      titles.map(() => 'left'),
      cells,
    ),
  ]
}

function short(value: string | null | undefined): string {
  return cutLong(valueText(value))
}
