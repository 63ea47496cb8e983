import { rename } from 'node:fs/promises'
import type { DeclaredTable } from '../../contract/spec.ts'
import type { Connection } from './connection.ts'
import { parquetFiles, quoteName, quoteText } from './sql-text.ts'
import { isNested } from './types.ts'

/** Least and greatest values of the leaves of a file, as RETURN_STATS has them: leaf to statistic to text. */
export type LeafStats = ReadonlyMap<string, ReadonlyMap<string, string>>

const least = -(2n ** 31n)
const tooWide = 2n ** 31n

/**
 * Whether DuckDB may have written whole numbers of 32 bits in a way that others cannot read. In pages of version 2
 * it keeps differences of neighbours, and those of 2^31 or more in more than 32 bits, where the encoding wants them
 * to wrap around (https://github.com/apache/parquet-format/blob/master/Encodings.md, DELTA_BINARY_PACKED). Arrow
 * refuses such a file. Decimals of up to 9 digits and days never get that far. No neighbours lie further apart than the least and the greatest value.
 */
export function mayBeUnreadable(table: DeclaredTable, leaves: LeafStats): boolean {
  const nested = table.columns.filter(({ type }) => isNested(type)).map(({ name }) => quoteName(name))
  const narrow = table.columns.filter(({ type }) => type === 'INTEGER').map(({ name }) => quoteName(name))
  return Array.from(leaves).some(([leaf, stats]) => {
    // The type of a leaf deep inside is not looked at: at worst a file is written plainly without need.
    const inside = nested.some((name) => leaf.startsWith(`${name}.`))
    if (!inside && !narrow.includes(leaf)) return false
    const [min, max] = [whole(stats.get('min')), whole(stats.get('max'))]
    return min !== undefined && max !== undefined && min >= least && max < tooWide && max - min >= tooWide
  })
}

/** Writes a file again with pages of version 1, which keep numbers as they are. */
export async function writePlainly(connection: Connection, file: string): Promise<void> {
  const beside = `${file}.plain`
  const options = 'FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v1, USE_TMP_FILE false'
  await connection.run(`COPY (FROM ${parquetFiles([file])}) TO ${quoteText(beside)} (${options})`)
  await rename(beside, file)
}

function whole(text: string | undefined): bigint | undefined {
  return text !== undefined && /^-?\d+$/.test(text) ? BigInt(text) : undefined
}
