import type { ColumnShape } from '../../lake/types.ts'
import { parquetFiles, quoteName } from './sql-text.ts'
import { typeSql } from './types.ts'

/** The files of a version, and the columns that it has. */
export interface VersionFiles {
  readonly files: readonly string[]
  readonly columns: readonly Pick<ColumnShape, 'name' | 'type'>[]
}

/** The rows of a version. One without rows may have no file at all, as a partitioned table without partitions. */
export function filesSql({ files, columns }: VersionFiles): string {
  if (files.length > 0) return parquetFiles(files)
  const none = columns.map(({ name, type }) => `CAST(NULL AS ${typeSql(type)}) AS ${quoteName(name)}`)
  return `(SELECT ${none.join(', ')} WHERE false)`
}
