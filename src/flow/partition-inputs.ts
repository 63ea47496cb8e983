import { pathNames } from '../contract/path-values.ts'
import type { DeclaredSource, DeclaredTable } from '../contract/spec.ts'
import type { DeclaredInput, DeclaredStep } from './declared.ts'

/** The parts of a step that say what it reads by partition. */
type Parted = Pick<DeclaredStep, 'partition' | 'inputs'>

/**
 * The inputs that a step reads by partition: tables that are partitioned by its columns, and sources whose paths
 * hold all of their names in braces. The others are read whole.
 */
export function partitionedInputs({ partition, inputs }: Parted): readonly DeclaredInput[] {
  return partition ? inputs.filter((input) => isReadByPartition(input, partition.by)) : []
}

/** Whether an input is partitioned by columns. */
export function isReadByPartition({ kind, origin }: DeclaredInput, by: readonly string[]): boolean {
  if (kind === 'table') {
    const { partitionBy = [] } = origin as DeclaredTable
    return by.every((column) => partitionBy.includes(column))
  }
  const { paths } = origin as DeclaredSource
  return paths.length > 0 && paths.every((path) => by.every((column) => pathNames(path).includes(column)))
}
