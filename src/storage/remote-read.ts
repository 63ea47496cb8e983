import { open } from 'node:fs/promises'
import { fileHasher } from '../base/file-hash.ts'
import type { ObjectStore } from './object-store.ts'
import { networkFault } from './store-fault.ts'

/** How often reading goes on, without a byte in between, after a connection broke in the middle; requests themselves are repeated by the SDK. */
const breaks = 4
/**
 * A connection that gives nothing for so long is given up, and reading goes on over another one. Google's SDK does
 * not tell of a connection that broke in the middle of a body: its stream waits for ever.
 */
const idleMs = 10_000

/** The bytes of an object, or undefined where there is none. */
export async function readWhole(store: ObjectStore, key: string): Promise<Uint8Array | undefined> {
  const chunks = await opened(store, key)
  if (chunks === undefined) return undefined
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Uint8Array.from(Buffer.concat(parts))
}

/** Writes the bytes of an object to a file, piece by piece; their size and BLAKE3. Undefined where there is none. */
export async function download(
  store: ObjectStore,
  key: string,
  path: string,
): Promise<{ readonly size: number; readonly hash: string } | undefined> {
  const chunks = await opened(store, key)
  if (chunks === undefined) return undefined
  const hasher = await fileHasher()
  const file = await open(path, 'w', 0o600)
  let size = 0
  try {
    for await (const chunk of chunks) {
      await file.writeFile(chunk)
      hasher.update(chunk)
      size += chunk.length
    }
  } finally {
    await file.close()
  }
  return { size, hash: hasher.digest() }
}

/** The pieces of an object from its beginning to its end, or undefined where there is none. */
async function opened(store: ObjectStore, key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  const first = await store.read(key)
  return first && resumed(store, key, first)
}

/** Goes on where a connection broke, in the same content: another content is an error of the store. */
async function* resumed(
  store: ObjectStore,
  key: string,
  first: NonNullable<Awaited<ReturnType<ObjectStore['read']>>>,
): AsyncGenerator<Uint8Array> {
  let offset = 0
  let body = first.body
  for (let broken = 0; ;) {
    let failure: Error | undefined
    try {
      for await (const chunk of untilIdle(body)) {
        offset += chunk.length
        broken = 0
        yield chunk
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error
      failure = error
    }
    const whole = offset === first.size
    if (whole && (failure === undefined || networkFault(failure))) return
    // All bytes came, and are not those that the store has: its checksum says so.
    if (whole || ++broken > breaks) throw failure ?? cutShort(key)
    const next = await store.read(key, { offset, token: first.token })
    if (next === undefined) throw failure ?? cutShort(key)
    body = next.body
  }
}

/** The same pieces; throws when the next one takes too long. */
async function* untilIdle(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]()
  let done = false
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined
      const idle = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(named('TimeoutError', 'no bytes for ten seconds')), idleMs)
      })
      const next = await Promise.race([iterator.next(), idle]).finally(() => clearTimeout(timer))
      done = next.done === true
      if (next.done) return
      yield next.value
    }
  } finally {
    if (!done) void iterator.return?.().catch(() => undefined)
  }
}

function cutShort(key: string): Error {
  return named('AbortError', `the bytes of '${key}' ended too soon`)
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}
