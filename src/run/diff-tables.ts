import { ProblemError, type Problem } from '../base/problem.ts'
import { schemaChanges } from '../check/schema-changes.ts'
import type { RowsDiff } from '../engine/table-diff.ts'
import { engineVersion } from '../engine/version.ts'
import type { Manifest } from '../lake/types.ts'
import { noneCompared, verifyFiles } from '../lake/verify.ts'
import { comparedColumns } from './diff-how.ts'
import type { DiffChoice } from './diff-how.ts'
import type { DiffTable } from './diff-ends.ts'
import { noRows, sameRowsDiff } from './diff-result.ts'
import type { DiffVersion, TableDiff } from './diff-result.ts'
import type { LakeReader } from './lake-reader.ts'
import { keptDigest } from './same-rows.ts'

/** What is compared, and how closely. */
export interface DiffHow extends DiffChoice {
  /** How many examples of rows added, removed and changed; 5 when left out. */
  readonly examples?: number
  /**
   * FLOAT and DOUBLE values a and b of rows that are matched by key are equal when
   * |a - b| <= tolerance * max(1, |a|, |b|); exact when left out.
   */
  readonly tolerance?: number
}

/**
 * Compares two versions of a table, cheapest first: one version, the same files, the same content digest
 * where both are known already. Only then rows are read, after the files were compared with their hashes: a
 * damaged file must not become a difference.
 */
export async function diffVersions(
  reader: Pick<LakeReader, 'diff'>,
  before: DiffTable,
  after: DiffTable,
  how: DiffHow,
): Promise<TableDiff> {
  const { examples = 5, tolerance = 0, ...choice } = how
  const compared = comparedColumns(before.manifest, after.manifest, choice)
  const decidedBy = await knownSame(before, after)
  const rows: RowsDiff =
    decidedBy === 'rows'
      ? await rowsDiff(reader, before, after, { ...compared, examples, tolerance })
      : sameRowsDiff(after.table.rows)
  const schema = schemaChanges(before.manifest.columns, after.manifest.columns)
  const keys = { before: before.manifest.key, after: after.manifest.key }
  const otherKey = JSON.stringify(keys.before) !== JSON.stringify(keys.after)
  const noChange = rows.added + rows.removed + rows.changed === 0
  return {
    table: after.table.name,
    from: versionOf(before),
    to: versionOf(after),
    same: noChange && schema.length === 0 && !otherKey,
    decidedBy,
    schema,
    ...(otherKey && { contractKey: keys }),
    ...compared,
    rows,
  }
}

/** A table that only one side has: all its rows are added, or removed. */
export function diffPresence(before: DiffTable | undefined, after: DiffTable | undefined): TableDiff {
  const rows = { ...noRows, added: after?.table.rows ?? 0, removed: before?.table.rows ?? 0 }
  return {
    table: (after ?? before)?.table.name ?? '',
    ...(before && { from: versionOf(before) }),
    ...(after && { to: versionOf(after) }),
    same: false,
    decidedBy: 'presence',
    schema: schemaChanges(before?.manifest.columns ?? [], after?.manifest.columns ?? []),
    key: [],
    columns: [],
    notCompared: [],
    rows,
  }
}

async function rowsDiff(
  reader: Pick<LakeReader, 'diff'>,
  before: DiffTable,
  after: DiffTable,
  how: Parameters<LakeReader['diff']>[2],
): Promise<RowsDiff> {
  const faults: Problem[] = []
  const compared = noneCompared()
  for (const { lake, manifest } of [before, after])
    faults.push(...(await verifyFiles(lake.storage, manifest, { hash: true, compared })))
  if (faults.length > 0) throw new ProblemError(faults)
  return reader.diff(before, after, how)
}

/** Whether rows are known to be the same without reading them; `rows` when they must be compared. */
async function knownSame(before: DiffTable, after: DiffTable): Promise<TableDiff['decidedBy']> {
  if (before.head.version === after.head.version) return 'version'
  const [one, two] = [before.manifest, after.manifest]
  if (one.rows !== two.rows || columnsText(one) !== columnsText(two)) return 'rows'
  if (filesText(one) === filesText(two)) return 'files'
  const [a, b] = await Promise.all([digestOf(before), digestOf(after)])
  return a !== undefined && a === b ? 'digest' : 'rows'
}

async function digestOf({ lake, head, manifest }: DiffTable): Promise<string | undefined> {
  if (head.digest !== undefined) return head.digest
  return (await keptDigest({ lake, engine: engineVersion() }, head.manifest, manifest.columns)).known
}

/** Names and types: whether NULL is allowed says nothing of the rows that are there. */
function columnsText({ columns }: Manifest): string {
  return JSON.stringify(columns.map(({ name, type }) => JSON.stringify([name, type])).toSorted())
}

function filesText({ files }: Manifest): string {
  return JSON.stringify(files.map(({ hash }) => hash).toSorted())
}

function versionOf({ env, table, head }: DiffTable): DiffVersion {
  return { env, seq: head.seq, version: head.version, rows: head.rows, updatedAt: table.updatedAt }
}
