import { createReadStream } from 'node:fs'
import { once } from 'node:events'
import { createGunzip } from 'node:zlib'

/**
 * Whether the first line of a file ends as lines do on Windows, by CR LF; unpacked when it is packed with gzip.
 * Other packings are not looked into.
 */
export async function beginsWithCrLf(file: string): Promise<boolean> {
  const raw = createReadStream(file, { end: 1 << 16 })
  const stream = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw
  // The file is cut off on purpose, which a packed one does not like.
  stream.on('error', () => stream.destroy())
  let seen = ''
  stream.on('data', (chunk: Buffer) => {
    seen += chunk.toString('latin1')
    if (seen.includes('\n')) stream.destroy()
  })
  await once(stream, 'close')
  raw.destroy()
  return seen.charAt(seen.indexOf('\n') - 1) === '\r'
}
