import type { Storage } from '../../src/storage/storage.ts'

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()

/** All keys that a listing gives, in its order. */
export async function keysOf(storage: Storage, prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of storage.list(prefix, { after })) keys.push(key)
  return keys
}
