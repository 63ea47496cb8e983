import { unlessProblem } from '../base/problem.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import { bytesText, countText, plural } from '../report/amount.ts'
import { partitionLines } from '../report/partitions-text.ts'
import { tableLines } from '../report/table-text.ts'
import { agoText } from '../report/time.ts'
import { declaredFlows } from '../run/lake-declared.ts'
import type { ColumnProfile, TablePreview } from '../run/lake-reader.ts'
import type { LakeTable } from '../run/lake-table.ts'
import type { LakePartition } from '../run/lake-partitions.ts'
import type { OpenLake, PartitionOption } from '../run/open-lake.ts'
import type { ProjectOptions } from '../run/options.ts'
import type { Cli } from './cli.ts'
import { requirePartition } from './partition-option.ts'
import { previewText } from './previews.ts'

/** All that `sluice show` tells of a table. */
export interface ShownTable extends LakeTable {
  readonly description?: string
  readonly owner?: string
  readonly columns: readonly ShownColumn[]
  readonly preview: TablePreview
  /** Left out of a table that is not partitioned. */
  readonly partitions?: readonly LakePartition[]
}

interface ShownColumn extends ColumnProfile {
  readonly nullable: boolean
  readonly description?: string
}

/** Reads a table with its profile; descriptions come from the contract as it is declared now. */
export async function describeTable(
  lake: OpenLake,
  name: string,
  rows: number,
  options: ProjectOptions & PartitionOption,
): Promise<ShownTable> {
  const open = lake.table(name)
  await requirePartition(open, options.partition)
  const partitions = await open.partitions(options.partition)
  const info = await open.info()
  const declared = await contractOf(info.name, options)
  const profile = new Map((await open.profile(options)).map((column) => [column.name, column]))
  const columns = (await open.schema()).map(({ name: column, type, nullable }): ShownColumn => {
    const description = declared?.columns.find((each) => each.name === column)?.description
    const { nulls = 0, distinct = 0, min, max } = profile.get(column) ?? {}
    const range = { ...(min !== undefined && { min }), ...(max !== undefined && { max }) }
    return {
      name: column,
      type,
      nullable,
      nulls,
      distinct,
      ...range,
      ...(description !== undefined && { description }),
    }
  })
  return {
    ...info,
    ...(declared?.description !== undefined && { description: declared.description }),
    ...(declared?.owner !== undefined && { owner: declared.owner }),
    columns,
    preview: await open.preview(rows, options),
    ...(partitions.length > 0 && { partitions }),
  }
}

/** A table can be shown though its project is broken: then without descriptions. `sluice plan` tells what is wrong. */
async function contractOf(table: string, options: ProjectOptions): Promise<DeclaredTable | undefined> {
  const flows = await unlessProblem(() => declaredFlows(options))
  const outputs = flows?.flatMap((flow) => flow.steps.flatMap((step) => step.outputs))
  return outputs?.find((output) => output.table.name === table)?.table
}

/** A table for people: what it is, its columns, its first rows. */
export function shownText(shown: ShownTable, out: Pick<Cli['out'], 'width' | 'paint'>): string {
  const { paint, width } = out
  const { name, seq, version, description, owner, notebook, rows, bytes, files, updatedAt, columns, held } =
    shown
  const described = columns.some((column) => column.description !== undefined)
  const heads = [
    { title: 'column' },
    { title: 'type' },
    { title: 'nulls', align: 'right' as const },
    { title: '~distinct', align: 'right' as const },
    { title: 'least' },
    { title: 'greatest' },
    ...(described ? [{ title: 'description' }] : []),
  ]
  const cells = columns.map((column) => [
    column.name,
    column.nullable ? `${column.type} null` : column.type,
    countText(column.nulls),
    countText(column.distinct),
    column.min ?? '',
    column.max ?? '',
    column.description ?? '',
  ])
  const lines = [
    `${paint.bold(`${name}@${seq}`)}${description === undefined ? '' : `: ${description}`}`,
    `${plural(rows, 'row')}, ${bytesText(bytes)} in ${plural(files, 'file')}, written ${agoText(updatedAt, new Date())} by ${notebook}`,
    ...(owner === undefined ? [] : [`owner ${owner}`]),
    ...(held ? [`held: it was restored, and runs leave it alone until \`sluice release ${name}\``] : []),
    paint.dim(`version ${version}`),
    '',
    ...tableLines(heads, cells, { width, paint }),
    '',
    ...(shown.partitions ? [...partitionLines(shown.partitions, { width, paint }), ''] : []),
  ]
  return `${lines.join('\n')}\n${previewText({ table: name, ...shown.preview }, out)}`
}
