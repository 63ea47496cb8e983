import { open, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { localStorage } from '../../src/storage/local.ts'

/** What a writer of the race needs of a storage. */
interface Creator {
  create(key: string, bytes: Uint8Array): Promise<boolean>
  read(key: string): Promise<Uint8Array | undefined>
}

/** The real storage and two ways to get it wrong, which the race must notice. */
export const creators = {
  local: (root: string): Creator => {
    const storage = localStorage(root)
    return { create: (key, bytes) => storage.putIfAbsent(key, bytes), read: (key) => storage.get(key) }
  },
  /** Looks first and renames later: between the two, others look as well. */
  'exists-then-rename': (root: string): Creator => ({
    create: async (key, bytes) => {
      const path = join(root, key)
      if (await exists(path)) return false
      const temp = `${path}.${process.pid}`
      await writeFile(temp, bytes, { flush: true })
      await rename(temp, path)
      return true
    },
    read: (key) => readFile(join(root, key)),
  }),
  /** Takes the name first and writes later: between the two, others see an empty or half an object. */
  'exclusive-then-write': (root: string): Creator => ({
    create: async (key, bytes) => {
      const file = await open(join(root, key), 'wx').catch(() => undefined)
      if (!file) return false
      await file.write(bytes.subarray(0, 100))
      await file.sync()
      await file.write(bytes.subarray(100))
      await file.close()
      return true
    },
    read: (key) => readFile(join(root, key)),
  }),
} satisfies { [name: string]: (root: string) => Creator }

export interface Outcome {
  /** The numbers of the keys that this writer created. */
  readonly won: number[]
  /** Those that it lost and then did not find whole. */
  readonly torn: number[]
}

export const keyOf = (number: number): string => `log/${String(number).padStart(20, '0')}.json`

/** What one writer writes to one key: about 32 KB that say whose they are from the first byte to the last. */
export function contentOf(writer: number, number: number): Buffer {
  return Buffer.from(`${writer} ${number}\n`.padEnd(32_768 + 1000 * writer, String(writer)))
}

/** Whether bytes are the content of some writer for a key, all of it. */
export function isWhole(bytes: Uint8Array | undefined, number: number): boolean {
  if (bytes === undefined || bytes.length === 0) return false
  return contentOf((bytes[0] ?? 0) - 48, number).equals(bytes)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Half of the writers begin at the end: however fast one of them is, it does not win every key. */
async function race(creator: Creator, writer: number, keys: number): Promise<Outcome> {
  const outcome: Outcome = { won: [], torn: [] }
  for (let turn = 0; turn < keys; turn++) {
    const number = writer % 2 === 0 ? turn : keys - 1 - turn
    const key = keyOf(number)
    if (await creator.create(key, contentOf(writer, number))) outcome.won.push(number)
    else if (!isWhole(await creator.read(key), number)) outcome.torn.push(number)
  }
  return outcome
}

/** Writes two contents over one object in turn until it is told to stop. */
async function overwrite(root: string): Promise<void> {
  const told = new AbortController()
  process.once('message', () => told.abort())
  const storage = localStorage(root)
  for (let turn = 0; !told.signal.aborted; turn++)
    await storage.put('hint.json', contentOf(1 + (turn % 2), 0))
}

// As a process: waits for the word to start, so that all writers start together, and sends what came of it.
const [name = '', root = '', writer, keys] = process.argv.slice(2)
if (process.send && (name === 'overwrite' || name in creators)) {
  process.once('message', () => {
    const work =
      name === 'overwrite'
        ? overwrite(root)
        : race(creators[name as keyof typeof creators](root), Number(writer), Number(keys))
    void work.then((outcome) => process.send?.(outcome ?? 'done', () => process.disconnect()))
  })
  process.send('ready')
}
