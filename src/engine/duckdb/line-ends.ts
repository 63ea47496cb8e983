import { createReadStream } from 'node:fs'
import { once } from 'node:events'
import { createGunzip } from 'node:zlib'
import { longestLine } from './source-limits.ts'

const [lineFeed, carriageReturn] = [10, 13]

/**
 * Whether the first line of a file ends as lines do on Windows, by CR LF; unpacked when it is packed with gzip.
 * Other packings are not looked into.
 */
export async function beginsWithCrLf(file: string): Promise<boolean> {
  const raw = createReadStream(file, { end: 1 << 16 })
  const stream = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw
  // The file is cut off on purpose, which a packed one does not like.
  stream.on('error', () => stream.destroy())
  let length = 0
  let last = 0
  let isCrLf = false
  stream.on('data', (chunk: Buffer) => {
    const end = chunk.indexOf(lineFeed)
    isCrLf = end >= 0 && (end === 0 ? last : chunk[end - 1]) === carriageReturn
    length += chunk.length
    last = chunk.at(-1) ?? 0
    // 64 kB can unpack to 64 MB, and no line that is read is so long.
    if (end >= 0 || length > longestLine) stream.destroy()
  })
  await once(stream, 'close')
  raw.destroy()
  return isCrLf
}
