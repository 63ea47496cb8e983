import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { Connection } from '../../src/engine/duckdb/connection.ts'
import { openInstance } from '../../src/engine/duckdb/instance.ts'
import { quoteText } from '../../src/engine/duckdb/sql-text.ts'

/** A file of one piece, again and again. */
export async function repeated(
  file: string,
  begin: string | Uint8Array,
  piece: Uint8Array,
  times: number,
  end = '',
): Promise<void> {
  const out = createWriteStream(file)
  out.write(begin)
  for (let n = 0; n < times; n++) if (!out.write(piece)) await once(out, 'drain')
  out.end(end)
  await once(out, 'close')
}

/** A gzip file of many members (RFC 1952, 2.2): about a megabyte that unpacks to a gigabyte. */
export function packed(file: string, begin: string, piece: Uint8Array, times: number): Promise<void> {
  return repeated(file, gzipSync(begin), gzipSync(piece), times)
}

/** A text in which one line has so many megabytes. */
export function longLine(file: string, begin: string, megabytes: number, end: string): Promise<void> {
  return repeated(file, begin, Buffer.alloc(1e6, 'x'), megabytes, end)
}

/** What DuckDB writes of a query; the options are SQL. */
export async function written(
  file: string,
  query: string,
  tempFolder: string,
  options = 'FORMAT parquet, ROW_GROUP_SIZE 1000000',
): Promise<void> {
  const instance = await openInstance({ memory: '4GB', threads: 2, tempFolder })
  const connection = await Connection.open(instance)
  await connection.run(`COPY (${query}) TO ${quoteText(file)} (${options})`)
  await connection.close()
  instance.closeSync()
}

/** The largest number of 32 bits as Thrift's compact protocol writes it: a zigzag varint. */
const largest = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f])

/** Makes the first page of a Parquet file say that it unpacks to two gigabytes (its second field, `uncompressed_page_size`). */
export async function hugePage(file: string): Promise<void> {
  const bytes = await readFile(file)
  // PAR1; the header of a page begins with 15 <type> 15 <size>.
  const at = 4 + 3
  let end = at
  while (((bytes[end] ?? 0) & 0x80) !== 0) end++
  await writeFile(file, Buffer.concat([bytes.subarray(0, at), largest, bytes.subarray(end + 1)]))
}

/** Makes the footer of a Parquet file say the largest number wherever it says how many rows there are. */
export async function hugeCounts(file: string, rows: number): Promise<number> {
  const bytes = await readFile(file)
  const begin = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8)
  const said = varint(rows * 2)
  const parts: Uint8Array[] = []
  let from = 0
  let found = 0
  for (let at = bytes.indexOf(said, begin); at >= 0; at = bytes.indexOf(said, from)) {
    parts.push(bytes.subarray(from, at), largest)
    from = at + said.length
    found++
  }
  const changed = Buffer.concat([...parts, bytes.subarray(from)])
  changed.writeUInt32LE(changed.length - 8 - begin, changed.length - 8)
  await writeFile(file, changed)
  return found
}

function varint(number: number): Buffer {
  const bytes: number[] = []
  for (let rest = number; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest])
    bytes.push((rest & 0x7f) | 0x80)
  }
}
