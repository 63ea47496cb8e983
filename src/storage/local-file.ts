import { open, readFile } from 'node:fs/promises'
import { partSize } from './object-store.ts'
import type { LocalFile } from './object-store.ts'

/** The bytes of a small file. */
export async function wholeFile({ path }: LocalFile): Promise<Uint8Array> {
  return readFile(path)
}

/** Gives the parts of a file, numbered from 1, to `send`; at most so many are in memory at once. */
export async function eachPart(
  file: LocalFile,
  atOnce: number,
  send: (number: number, bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const size = partSize(file.size)
  const count = Math.ceil(file.size / size)
  const handle = await open(file.path, 'r')
  let next = 1
  let failed = false
  async function sender(): Promise<void> {
    // One buffer for each sender: memory stays flat however large the file is.
    const buffer = Buffer.allocUnsafe(size)
    while (next <= count && !failed) {
      const number = next++
      const { bytesRead } = await handle.read(buffer, 0, size, (number - 1) * size)
      try {
        await send(number, buffer.subarray(0, bytesRead))
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  try {
    const senders = await Promise.allSettled(Array.from({ length: Math.min(atOnce, count) }, sender))
    for (const sent of senders) if (sent.status === 'rejected') throw sent.reason
  } finally {
    await handle.close()
  }
}
