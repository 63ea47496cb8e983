import type { ColumnKind, SchemaChange } from '../check/schema-changes.ts'
import type { ChangedCell } from '../engine/table-diff.ts'
import type { DiffVersion, TableDiff } from '../run/diff-result.ts'
import { countText, plural } from './amount.ts'
import { oneLine } from './width.ts'

/** What text and Markdown say of differences in the same words. All of it is plain text in one line. */

/** `dev@12`; `-` for a table that is not there. */
export function versionText(version: DiffVersion | undefined): string {
  return version === undefined ? '-' : `${version.env}@${version.seq}`
}

/** `+ tip DOUBLE null`, `~ fare DECIMAL(10,2) -> DOUBLE`. */
export function schemaText({ kind, column, before, after }: SchemaChange): string {
  if (before !== undefined && after !== undefined)
    return oneLine(`${schemaMarks[kind]} ${column} ${kindText(before)} -> ${kindText(after)}`)
  const there = before ?? after
  return oneLine(`${schemaMarks[kind]} ${column}${there ? ` ${kindText(there)}` : ''}`)
}

const schemaMarks = { added: '+', removed: '-', changed: '~' } as const

function kindText({ type, nullable }: ColumnKind): string {
  return nullable ? `${type} null` : type
}

/** `12 -> 14: 3 added, 1 removed, 2 changed`. */
export function rowsText({ from, to, rows }: TableDiff): string {
  const { added, removed, changed } = rows
  const parts = [
    ...(added > 0 ? [`${countText(added)} added`] : []),
    ...(removed > 0 ? [`${countText(removed)} removed`] : []),
    ...(changed > 0 ? [`${countText(changed)} changed`] : []),
  ]
  const counts = `${countText(from?.rows ?? 0)} -> ${countText(to?.rows ?? 0)}`
  return parts.length === 0 ? `${plural(rows.same, 'row')}, all the same` : `${counts}: ${parts.join(', ')}`
}

/** What shows that two versions are the same. */
export function sameText({ decidedBy, rows }: TableDiff): string {
  if (decidedBy === 'version') return 'the same version'
  const how = { files: 'the same files', digest: 'the same content digest' } as const
  const by = decidedBy === 'files' || decidedBy === 'digest' ? how[decidedBy] : 'all rows compared'
  return `the same ${plural(rows.same, 'row')} (${by})`
}

/** What a reader must know of how rows were compared, as sentences without a full stop. */
export function notesOf(diff: TableDiff): string[] {
  const { from, to, key, rows, contractKey, notCompared, decidedBy } = diff
  if (from === undefined || to === undefined) return []
  const { duplicates, comparedAs } = rows
  const compared = decidedBy === 'rows'
  const counts = duplicates && [
    ...(duplicates.before.keys > 0 ? [sharedText(duplicates.before, versionText(from))] : []),
    ...(duplicates.after.keys > 0 ? [sharedText(duplicates.after, versionText(to))] : []),
  ]
  return [
    ...(contractKey
      ? [`the key was (${contractKey.before.join(', ')}) and is (${contractKey.after.join(', ')})`]
      : []),
    ...(compared && key.length === 0
      ? ['no key: whole rows are compared, a changed row is one less and one more']
      : []),
    ...(counts ? [`${counts.join('; ')}: these are compared as whole rows`] : []),
    ...(comparedAs.length > 0
      ? [`compared ${comparedAs.map(({ column, type }) => `${column} as ${type}`).join(', ')}`]
      : []),
    ...(compared && notCompared.length > 0 ? [`not compared: ${notCompared.join(', ')}`] : []),
  ].map(oneLine)
}

function sharedText({ keys, rows }: { keys: number; rows: number }, version: string): string {
  return `in ${version} ${plural(rows, 'row')} share ${plural(keys, 'key')}`
}

/** `fare 37, zone 2`. */
export function changedColumnsText({ rows }: TableDiff): string {
  return rows.columns.map(({ column, changed }) => oneLine(`${column} ${countText(changed)}`)).join(', ')
}

/** A value for people: NULL bare, and texts that could be taken for something else in quotes. */
export function valueText(value: string | null | undefined): string {
  if (value === null || value === undefined) return 'NULL'
  return value === '' || value === 'NULL' || value !== value.trim() ? `'${oneLine(value)}'` : oneLine(value)
}

/** Characters of a long value that are shown. */
const most = 48

/** A cell before and after. Of long values the part is shown where they begin to differ. */
export function cellTexts({ before, after }: ChangedCell): [before: string, after: string] {
  if (before === null || after === null || Math.max(before.length, after.length) <= most)
    return [cutLong(valueText(before)), cutLong(valueText(after))]
  let same = 0
  while (same < before.length && before[same] === after[same]) same++
  const start = Math.max(0, same - 16)
  return [before, after].map((value) => {
    const head = start > 0 ? '…' : ''
    const part = value.slice(start, start + most)
    return `${head}${oneLine(part)}${start + most < value.length ? '…' : ''}`
  }) as [string, string]
}

/** A value that is shown alone. */
export function cutLong(text: string): string {
  return text.length > most ? `${text.slice(0, most)}…` : text
}
