import { unacknowledged } from '../check/acknowledge.ts'
import type { JudgedChange } from '../check/acknowledge.ts'
import type { TableDiff } from '../run/diff-result.ts'
import type { ChangeSummary } from '../run/summary.ts'
import { countText, plural } from './amount.ts'
import { changedMarkdown, diffBlocks, mostComment, versionsMarkdown } from './diff-markdown.ts'
import { rowsText } from './diff-words.ts'
import { cutBlocks, markdownTable, markdownText } from './markdown-text.ts'

/** Rows of the table of tables, and changes that are listed of one. */
const most = { tables: 100, changes: 30, reached: 20 }

/**
 * What a change means on one page for a reviewer: a verdict, a table by table, and details that are folded.
 * Names and values are data: none of it is markup.
 *
 * @param size bytes that the page may have; what does not fit is left out with a note
 */
export function changeMarkdown(summary: ChangeSummary, size = mostComment): string {
  const tables = changedTables(summary)
  const shown = tables.slice(0, most.tables)
  const more = tables.length - shown.length
  const overview = markdownTable(
    ['table', 'contract', 'rows', 'changed cells', 'reaches'],
    ['left', 'left', 'left', 'left', 'left'],
    shown.map((each) => overviewRow(each)),
  )
  const blocks = [
    `## ${verdictText(summary)}`,
    comparedText(summary),
    ...summary.problems.slice(0, 1).map(() => {
      return `**${plural(summary.problems.length, 'mistake')}** in the project: \`sluice check\` tells them. What wrong steps reach is missing here.`
    }),
    ...(tables.length > 0 ? [overview] : []),
    ...(more > 0 ? [`and ${plural(more, 'more table')}`] : []),
    ...shown.map(detailBlock),
  ]
  return cutBlocks(blocks, size)
}

/** A table with all that is said of it. */
interface ChangedTable {
  readonly table: string
  readonly changes: readonly JudgedChange[]
  readonly diff: TableDiff | undefined
  readonly reaches: ChangeSummary['reaches'][string]
}

/** Breaking ones first, then by name. Tables with other versions of the same rows are left out. */
function changedTables({ contracts, data, reaches }: ChangeSummary): ChangedTable[] {
  const diffs = new Map((data?.tables ?? []).filter(({ same }) => !same).map((diff) => [diff.table, diff]))
  const names = [...new Set([...contracts.changes.map(({ table }) => table), ...diffs.keys()])].toSorted()
  const tables = names.map((table) => ({
    table,
    changes: contracts.changes.filter((change) => change.table === table),
    diff: diffs.get(table),
    reaches: reaches[table] ?? [],
  }))
  const breaks = ({ changes }: ChangedTable) => Number(changes.some(({ level }) => level === 'breaking'))
  return tables.toSorted((a, b) => breaks(b) - breaks(a))
}

function verdictText({ contracts, data }: ChangeSummary): string {
  const breaking = contracts.changes.filter(({ level }) => level === 'breaking')
  const open = unacknowledged(contracts.changes).length
  const meant = breaking.length > 0 && open === 0 ? ', all acknowledged' : ''
  const other = contracts.changes.length - breaking.length
  const contract =
    breaking.length > 0
      ? `✗ ${plural(breaking.length, 'breaking change')}${meant}`
      : other > 0
        ? `✓ no contract breaks (${plural(other, 'other change')})`
        : '✓ contracts as they were'
  const differ = data?.tables.filter(({ same }) => !same).length ?? 0
  const tables =
    data === undefined
      ? ''
      : differ === 0
        ? ', the same data'
        : `, ${plural(differ, 'table')} with other data`
  return (meant === '' ? contract : contract.replace('✗', '✓')) + tables
}

function comparedText({ contracts, data }: ChangeSummary): string {
  const of = `Contracts of the code against ${markdownText(contracts.against)}`
  const same = data?.tables.filter((diff) => diff.same).length ?? 0
  const parts = [
    data === undefined ? of : `${of}; data of ${markdownText(data.from)} .. ${markdownText(data.to)}`,
    ...contracts.notes.map(markdownText),
    ...(same > 0
      ? [`${plural(same, 'table')} with another version ${same === 1 ? 'has' : 'have'} the same rows`]
      : []),
  ]
  return `${parts.join('. ')}.`
}

function overviewRow({ table, changes, diff, reaches }: ChangedTable): string[] {
  const columns = reaches.reduce((sum, each) => sum + each.columns.length, 0)
  return [
    markdownText(table),
    levelsText(changes),
    diff === undefined ? '' : (presence(diff) ?? rowsText(diff)),
    diff === undefined ? '' : changedMarkdown(diff, 3),
    columns === 0 ? '' : `${plural(columns, 'column')} of ${plural(reaches.length, 'table')}`,
  ]
}

function presence({ from, to }: TableDiff): string | undefined {
  if (from === undefined) return `new, ${plural(to?.rows ?? 0, 'row')}`
  return to === undefined ? `removed, had ${plural(from.rows, 'row')}` : undefined
}

function levelsText(changes: readonly JudgedChange[]): string {
  return (['breaking', 'compatible', 'neutral'] as const)
    .flatMap((level) => {
      const count = changes.filter((change) => change.level === level).length
      if (count === 0) return []
      return [level === 'breaking' ? `**${countText(count)} breaking**` : `${countText(count)} ${level}`]
    })
    .join(', ')
}

/** One block: a page is never cut within it. What the contract says of columns is not said again. */
function detailBlock({ table, changes, diff, reaches }: ChangedTable): string {
  const versions = diff ? ` ${versionsMarkdown(diff)}` : ''
  const listed = changes.slice(0, most.changes).map(changeLine)
  const more = changes.length - listed.length
  const blocks = [
    ...(listed.length > 0
      ? [[...listed, ...(more > 0 ? [`- and ${plural(more, 'more change')}`] : [])].join('\n')]
      : []),
    ...(diff && presence(diff) === undefined
      ? diffBlocks(changes.length > 0 ? { ...diff, schema: [] } : diff)
      : []),
    ...(reaches.length > 0 ? [reachText(reaches)] : []),
  ]
  if (blocks.length === 0) return ''
  return `<details><summary>${markdownText(table)}${versions}</summary>\n\n${blocks.join('\n\n')}\n\n</details>`
}

function changeLine({ level, column, what, readBy, acknowledged, hint }: JudgedChange): string {
  const readers = readBy.map(({ step, flow }) => `${markdownText(step)} (flow ${markdownText(flow)})`)
  const who =
    readers.length > 0
      ? `; read by ${[...readers.slice(0, 5), ...(readers.length > 5 ? [`${readers.length - 5} more`] : [])].join(', ')}`
      : level === 'breaking'
        ? '; no step of this project reads it'
        : ''
  const meant = acknowledged?.why === undefined ? '' : `; acknowledged: ${markdownText(acknowledged.why)}`
  const perhaps = hint === undefined ? '' : `; ${markdownText(hint)}`
  const name = column === undefined ? '' : `${markdownText(column)} `
  return `- ${level === 'breaking' ? '**breaking**' : level} ${name}${markdownText(what)}${who}${meant}${perhaps}`
}

function reachText(reaches: ChangedTable['reaches']): string {
  const lines = reaches.slice(0, most.reached).map(({ table, columns }) => {
    const names = columns.slice(0, most.reached).map(markdownText)
    const more = columns.length - names.length
    return `- ${markdownText(table)}: ${[...names, ...(more > 0 ? [`${more} more`] : [])].join(', ')}`
  })
  const more = reaches.length - lines.length
  return ['Reaches', '', ...lines, ...(more > 0 ? [`- and ${plural(more, 'more table')}`] : [])].join('\n')
}
