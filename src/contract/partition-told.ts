import type { DeclaredPartition, PartitionValues } from './partition.ts'
import { grainExamples, periodOf } from './partition-time.ts'
import type { DeclaredColumn } from './spec.ts'

/** The partition that a notebook computes, as plain JSON; times in milliseconds since 1970. */
export interface PartitionTold {
  readonly values: { readonly [column: string]: string }
  readonly start?: number
  readonly end?: number
}

/** What a notebook is told of a partition. */
export function tellPartition({ by, every }: DeclaredPartition, values: PartitionValues): PartitionTold {
  const texts = Object.fromEntries(by.map((column, at) => [column, values[at] ?? '']))
  return { values: texts, ...(every && periodOf(every, values[0] ?? '')) }
}

/** Some partition, where queries are checked without data; `columns` are those of an output. */
export function examplePartition(
  partition: DeclaredPartition,
  columns: readonly DeclaredColumn[],
): PartitionTold {
  const example = (name: string) => {
    const type = columns.find((column) => column.name === name)?.type
    if (type === 'DATE') return '2018-01-01'
    if (type === 'BOOLEAN') return 'true'
    if (partition.every) return grainExamples[partition.every]
    return type === undefined || type === 'VARCHAR' ? 'example' : '1'
  }
  return tellPartition(partition, partition.by.map(example))
}

/** The partition as the code of a notebook sees it: values as texts, and the time that it stands for. */
export function partitionSeen({ values, start, end }: PartitionTold): object {
  return {
    ...values,
    ...(start !== undefined && { start: new Date(start) }),
    ...(end !== undefined && { end: new Date(end) }),
  }
}
