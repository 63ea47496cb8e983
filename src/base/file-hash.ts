import { open } from 'node:fs/promises'

/** Bytes that are read at a time: large reads keep the native hash busy. */
const chunkBytes = 1 << 20
/** Buffers that nobody reads into now: one for each of very many small files would keep the garbage collector busy. */
const idle: Buffer[] = []
const keptBuffers = 16
let loading: Promise<typeof import('@napi-rs/blake-hash')> | undefined
/** Kept, because each `import()` of a loaded module costs more than the hash of a small file. */
const native = (): Promise<typeof import('@napi-rs/blake-hash')> =>
  (loading ??= import('@napi-rs/blake-hash'))

/** BLAKE3 (github.com/BLAKE3-team/BLAKE3-specs) of bytes in memory, 64 hexadecimal digits. */
export async function hashBytes(bytes: Uint8Array): Promise<string> {
  const { blake3 } = await native()
  return blake3(bytes).toString('hex')
}

/** BLAKE3 of bytes that come in pieces. */
export interface FileHasher {
  update(bytes: Uint8Array): void
  /** 64 hexadecimal digits. */
  digest(): string
}

/** A new hash of pieces. */
export async function fileHasher(): Promise<FileHasher> {
  const { Blake3Hasher } = await native()
  const hasher = new Blake3Hasher()
  return { update: (bytes) => void hasher.update(bytes), digest: () => hasher.digest('hex') }
}

/**
 * BLAKE3 of a file's bytes, 64 hexadecimal digits, read in pieces so that memory stays flat. The native
 * library is loaded at the first call. Throws what the file system throws (`ENOENT`, `EACCES`, ...).
 */
export async function hashFile(path: string): Promise<string> {
  const { Blake3Hasher } = await native()
  const hasher = new Blake3Hasher()
  const file = await open(path, 'r')
  const buffer = idle.pop() ?? Buffer.allocUnsafe(chunkBytes)
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes)
      if (bytesRead === 0) return hasher.digest('hex')
      hasher.update(buffer.subarray(0, bytesRead))
    }
  } finally {
    if (idle.length < keptBuffers) idle.push(buffer)
    await file.close()
  }
}
