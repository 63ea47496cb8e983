import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileHasher } from '../base/file-hash.ts'

/** Writes bytes that come in pieces into a new file, and hashes them on the way; memory stays flat. */
export async function writeHashed(
  pieces: Readable | AsyncIterable<Uint8Array>,
  file: string,
): Promise<{ bytes: number; hash: string }> {
  const hasher = await fileHasher()
  let bytes = 0
  await pipeline(
    pieces,
    async function* (source: AsyncIterable<Uint8Array>) {
      for await (const piece of source) {
        hasher.update(piece)
        bytes += piece.length
        yield piece
      }
    },
    createWriteStream(file, { flags: 'wx', highWaterMark: 1 << 20 }),
  )
  return { bytes, hash: hasher.digest() }
}
