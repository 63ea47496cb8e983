import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Transform } from 'node:stream'
import * as zlib from 'node:zlib'

const magic = { gzip: [0x1f, 0x8b], zstd: [0x28, 0xb5, 0x2f, 0xfd] } as const

/** How a file is packed, by its first bytes, as DuckDB finds it too. */
async function packingOf(file: string): Promise<keyof typeof magic | undefined> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0)
    const first = buffer.subarray(0, bytesRead)
    const begins = (bytes: readonly number[]) => bytes.every((byte, at) => first[at] === byte)
    if (begins(magic.gzip)) return 'gzip'
    return begins(magic.zstd) ? 'zstd' : undefined
  } finally {
    await handle.close()
  }
}

/** The bytes of a file, unpacked when it is packed by gzip or Zstandard. Flat in memory. */
export async function* plainBytes(file: string): AsyncGenerator<Buffer, void> {
  const packing = await packingOf(file)
  const raw = createReadStream(file, { highWaterMark: 1 << 20 })
  const unpacking =
    packing === 'gzip' ? zlib.createGunzip({ chunkSize: 1 << 18 }) : packing && (await unzstd())
  try {
    if (!unpacking) {
      for await (const chunk of raw) yield chunk as Buffer
      return
    }
    raw.on('error', (error) => unpacking.destroy(error))
    for await (const chunk of raw.pipe(unpacking)) yield chunk as Buffer
  } finally {
    raw.destroy()
    unpacking?.destroy()
  }
}

/** Node has Zstandard since 22.15; before, a small library unpacks it. */
async function unzstd(): Promise<Transform> {
  const own = (zlib as { createZstdDecompress?: () => Transform }).createZstdDecompress
  if (own) return own()
  const { Decompress } = await import('fzstd')
  let stream: Transform
  const decompress = new Decompress((chunk) => void stream.push(Buffer.from(chunk)))
  return (stream = new Transform({
    transform(chunk: Buffer, _, done) {
      settled(() => decompress.push(chunk), done)
    },
    flush(done) {
      settled(() => decompress.push(new Uint8Array(), true), done)
    },
  }))
}

function settled(work: () => void, done: (error?: Error) => void): void {
  try {
    work()
    done()
  } catch (error) {
    done(error as Error)
  }
}
