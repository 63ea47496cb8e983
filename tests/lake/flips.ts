import { readFile, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** The keys of all files below a folder, in order. */
export async function keysIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))).toSorted()
}

/** Changes the bytes of a file and gives it its times back, as far as that goes. Gives what undoes it. */
export async function harm(
  file: string,
  change: (bytes: Buffer) => Uint8Array,
): Promise<() => Promise<void>> {
  const { atime, mtime } = await stat(file)
  const whole = await readFile(file)
  const put = async (bytes: Uint8Array) => {
    await writeFile(file, bytes)
    await utimes(file, atime, mtime)
  }
  await put(change(Buffer.from(whole)))
  return () => put(whole)
}

/** Flips one bit, anywhere. */
export function flipped(random: () => number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const at = Math.floor(random() * bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    return bytes
  }
}

/** Cuts the end off; one of ten loses all. */
export function truncated(random: () => number): (bytes: Buffer) => Buffer {
  return (bytes) => bytes.subarray(0, random() < 0.1 ? 0 : Math.floor(random() * bytes.length))
}
