import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { partitionKey, partitionName } from '../contract/partition.ts'
import type { ChoosePartitions } from '../engine/duckdb/reader.ts'
import type { PartitionEntry } from '../lake/types.ts'
import { lateRowsOf, statusOf, type PartitionStatus } from './partition-status.ts'
import type { FoundTable } from './lake-table.ts'
import { filesByPartition } from './standing.ts'

/** Values of some of the columns that a table is partitioned by. Days are texts, such as `2019-01-31`. */
export interface PartitionFilter {
  readonly [column: string]: string | number | bigint | boolean
}

/** A partition of a table, as other programs see it. */
export interface LakePartition extends Omit<PartitionEntry, 'values'> {
  /** Such as `month=2019-01`. */
  readonly name: string
  readonly values: { readonly [column: string]: string }
  readonly bytes: number
  readonly files: number
  /** Of a table that is written by partition, where its notebook says when one is complete. */
  readonly status?: PartitionStatus
  /** Rows that came later than the lookback, and wait to be backfilled. */
  readonly late?: number
}

/**
 * The partitions of a table in the order of their values; none of a table that is not partitioned. Behind them those
 * that the table lacks altogether, because all of their rows are late.
 *
 * @throws ProblemError `project/unknown` for a filter by a column that the table is not partitioned by
 */
export function partitionsOf(found: FoundTable, filter?: PartitionFilter, now = Date.now()): LakePartition[] {
  const { manifest, step } = inPartitions(found, filter)
  const { partitionBy: by = [], partitions = [] } = manifest
  const has = new Set(found.manifest.partitions?.map(({ values }) => partitionKey(values)))
  const isWanted = wanted(found, filter)
  const absent = (step?.late ?? []).filter(({ values }) => !has.has(partitionKey(values)) && isWanted(values))
  const lacking = new Map(absent.map(({ values }) => [partitionKey(values), { values, rows: 0 }]))
  const late = step && lateRowsOf(step)
  const files = filesByPartition(manifest.files)
  return [...partitions, ...lacking.values()].map(({ values, ...entry }) => {
    const there = !lacking.has(partitionKey(values))
    const status = there ? step && statusOf(step, { values, ...entry }, now) : undefined
    const waiting = late?.get(partitionKey(values))
    const own = files.get(partitionKey(values)) ?? []
    return {
      name: partitionName(by, values),
      values: Object.fromEntries(by.map((column, at) => [column, values[at] ?? ''])),
      ...entry,
      bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
      files: own.length,
      ...(status && { status }),
      ...(waiting !== undefined && { late: waiting }),
    }
  })
}

/** A table with only the files of some partitions: nothing else of it is opened. */
export function inPartitions(found: FoundTable, filter: PartitionFilter | undefined): FoundTable {
  return filter === undefined ? found : withPartitions(found, wanted(found, filter))
}

/** A table with only the files of those partitions that a query can use. */
export async function inChosen(found: FoundTable, choose: ChoosePartitions): Promise<FoundTable> {
  const { partitionBy: by = [], partitions = [], columns } = found.manifest
  if (partitions.length < 2) return found
  const chosen = await choose({ by, columns, values: partitions.map(({ values }) => values) })
  if (!chosen) return found
  const keys = new Set([...chosen].map((at) => partitionKey(partitions[at]?.values ?? [])))
  return withPartitions(found, (values) => keys.has(partitionKey(values)))
}

function withPartitions(found: FoundTable, isWanted: (values: readonly string[]) => boolean): FoundTable {
  const { manifest, table } = found
  const files = manifest.files.filter(({ partition }) => partition && isWanted(partition))
  const partitions = manifest.partitions?.filter(({ values }) => isWanted(values)) ?? []
  const rows = partitions.reduce((sum, each) => sum + each.rows, 0)
  const bytes = files.reduce((sum, each) => sum + each.bytes, 0)
  return {
    ...found,
    table: { ...table, rows, bytes, files: files.length },
    manifest: { ...manifest, files, partitions, rows, bytes },
  }
}

/** Whether a partition is one of those that are asked for. */
function wanted(
  { manifest: { partitionBy: by = [] }, table }: FoundTable,
  filter: PartitionFilter = {},
): (values: readonly string[]) => boolean {
  const asked = Object.entries(filter).map(([column, value]) => {
    const at = by.indexOf(column)
    if (at < 0) throw notPartitionedBy(table.name, column, by)
    return { at, text: String(value) }
  })
  return (values) => asked.every(({ at, text }) => values[at] === text)
}

function notPartitionedBy(table: string, column: string, by: readonly string[]): ProblemError {
  if (by.length === 0)
    return new ProblemError({ code: 'project/unknown', message: `table '${table}' is not partitioned` })
  return new ProblemError({
    code: 'project/unknown',
    message: `table '${table}' is partitioned by ${by.join(', ')}, not by '${column}'`,
    hint: didYouMean(column, by) ?? `name ${by.join(' or ')}`,
  })
}
