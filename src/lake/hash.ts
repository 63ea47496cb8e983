import { open } from 'node:fs/promises'

const block = 1 << 20

/**
 * BLAKE3 (https://github.com/BLAKE3-team/BLAKE3-specs) of a file, 64 hexadecimal digits. Read by blocks of
 * 1 MiB: memory stays flat and each block holds the event loop for less than a millisecond. The native library
 * is loaded at the first call.
 */
export async function hashFile(path: string): Promise<string> {
  const { Blake3Hasher } = await import('@napi-rs/blake-hash')
  const hasher = new Blake3Hasher()
  const file = await open(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(block)
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, block)
      if (bytesRead === 0) return hasher.digest('hex')
      hasher.update(buffer.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}
