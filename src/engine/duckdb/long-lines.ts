import { open, type FileHandle } from 'node:fs/promises'
import type { Problem } from '../../base/problem.ts'
import type { DeclaredSource } from '../../contract/spec.ts'
import type { Connection } from './connection.ts'
import { FaultError } from './faults.ts'
import { longestLine, lineLimit } from './source-limits.ts'
import { quotePaths } from './sql-text.ts'

/** What DuckDB's reader of CSV holds of a file at a time, in bytes: sixteen of its longest lines. */
const buffer = 16 * longestLine

/** The most that DEFLATE makes of one byte (zlib, "Maximum Compression Factor"). Zstandard has no such limit. */
const mostOfGzip = 1032

const [lineFeed, carriageReturn] = [10, 13]

/**
 * A CSV file with a line that is far too long, which its reader would not tell: DuckDB drops the last line of a file
 * without a word when it has no end and fills more than a buffer, and unpacks all of a packed file to find the end of
 * the first one. Small files, and plain files that end as they should, cost next to nothing.
 */
export async function hiddenLongLine(
  connection: Connection,
  source: DeclaredSource,
  file: string,
): Promise<Problem | undefined> {
  return (await mayHide(file)) ? longLine(connection, source, file) : undefined
}

/**
 * A line of more than 16 to 32 MB, quoted or not. The reader of JSON looks for ends of lines only, at several times the
 * speed of the reader of CSV, and stops at the first line that it cannot hold.
 */
export async function longLine(
  connection: Connection,
  source: DeclaredSource,
  file: string,
): Promise<Problem | undefined> {
  const options = `format='newline_delimited', ignore_errors=true, maximum_object_size=${longestLine}`
  try {
    await connection.row(`SELECT count(*) FROM read_json_objects(${quotePaths([file])}, ${options})`)
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    if (error.fault.message.includes('maximum_object_size')) return lineLimit(source, { file })
    // Anything else is for the reader of CSV to tell.
  }
  return undefined
}

/** Whether a file can have a last line without end that fills a buffer, from its size and its last bytes. */
export async function mayHide(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    if (file.endsWith('.zst')) return true
    if (file.endsWith('.gz')) return size * mostOfGzip > buffer
    return size > buffer && !(await endsLine(handle, size))
  } finally {
    await handle.close()
  }
}

async function endsLine(handle: FileHandle, size: number): Promise<boolean> {
  const last = Buffer.alloc(longestLine)
  const { bytesRead } = await handle.read(last, 0, last.length, size - last.length)
  const read = last.subarray(0, bytesRead)
  return read.includes(lineFeed) || read.includes(carriageReturn)
}
