import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InternalError, ProblemError } from '../../src/base/problem.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { bytesOf, keysOf, textOf } from './objects.ts'

/** How a driver's test opens an empty storage, and cleans up what `close` leaves. */
export interface Opened {
  readonly storage: Storage
  readonly cleanUp?: () => Promise<void>
}

/** Keys that no driver takes: each could leave the root, or means another object on another store. */
const hostileKeys = {
  'a parent': 'a/../../b',
  'only a parent': '..',
  'the folder itself': 'a/./b',
  'an absolute path': '/etc/passwd',
  'a Windows drive': 'C:/a',
  'a NUL': 'a\0b',
  'a backslash': 'a\\b',
  'an empty segment': 'a//b',
  'an empty key': '',
  'a folder': 'a/',
  'half a character': 'a/\ud800',
}

/** What every driver of a storage does. Each test gets an empty storage of its own. */
export function storageSuite(name: string, open: () => Promise<Opened>): void {
  describe(`storage: ${name}`, () => {
    let opened: Opened
    let storage: Storage
    beforeEach(async () => {
      opened = await open()
      storage = opened.storage
    })
    afterEach(async () => {
      await storage.close()
      await opened.cleanUp?.()
    })
    const at = (): Storage => storage

    objects(at)
    creation(at)
    listing(at)
    staging(at)
    keys(at)
  })
}

function objects(at: () => Storage): void {
  it('has nothing under a key that was never written', async () => {
    expect(await at().get('a/b')).toBeUndefined()
    expect(await at().stat('a/b')).toBeUndefined()
    await expect(at().localPath('a/b')).rejects.toThrow(ProblemError)
  })

  it('gives back the bytes that were put, and replaces them', async () => {
    await at().put('a/b', bytesOf('one'))
    expect(textOf(await at().get('a/b'))).toBe('one')
    await at().put('a/b', bytesOf('other'))
    expect(textOf(await at().get('a/b'))).toBe('other')
  })

  it('keeps its own copy of the bytes', async () => {
    const bytes = bytesOf('one')
    await at().put('a', bytes)
    bytes.fill(0)
    const got = await at().get('a')
    expect(textOf(got)).toBe('one')
    got?.fill(0)
    expect(textOf(await at().get('a'))).toBe('one')
  })

  it('takes a part of a larger buffer', async () => {
    await at().put('a', bytesOf('0123456789').subarray(3, 6))
    expect(textOf(await at().get('a'))).toBe('345')
  })

  it.each([0, 1, 5_000_001])('keeps an object of %i bytes whole', async (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i % 251)
    expect(await at().putIfAbsent('big/a', bytes)).toBe(true)
    await at().put('big/b', bytes)
    for (const key of ['big/a', 'big/b']) {
      expect(Buffer.compare((await at().get(key)) ?? bytesOf('absent'), bytes)).toBe(0)
      expect((await at().stat(key))?.size).toBe(size)
      expect(Buffer.compare(await readFile(await at().localPath(key)), bytes)).toBe(0)
    }
  })

  it('has a token that stays while the object does, and changes with it, whatever the size', async () => {
    await at().put('a', bytesOf('one'))
    const before = await at().stat('a')
    expect(await at().stat('a')).toEqual(before)
    await at().put('a', bytesOf('two'))
    expect((await at().stat('a'))?.token).not.toBe(before?.token)
  })

  it('shows at a local path the bytes of now', async () => {
    await at().put('a/b.json', bytesOf('one'))
    expect(await readFile(await at().localPath('a/b.json'), 'utf8')).toBe('one')
    await at().put('a/b.json', bytesOf('two'))
    expect(await readFile(await at().localPath('a/b.json'), 'utf8')).toBe('two')
  })

  it('deletes objects, and takes those that are absent for deleted', async () => {
    for (const key of ['a/b', 'a/c', 'd']) await at().put(key, bytesOf(key))
    await at().delete(['a/b', 'd', 'never/was'])
    expect(await keysOf(at(), '')).toEqual(['a/c'])
    await at().delete(['a/c'])
    expect(await at().get('a/c')).toBeUndefined()
    expect(await at().putIfAbsent('a/c', bytesOf('again'))).toBe(true)
  })
}

function creation(at: () => Storage): void {
  it('creates an object only when there is none', async () => {
    expect(await at().putIfAbsent('env/dev/log/1', bytesOf('one'))).toBe(true)
    expect(await at().putIfAbsent('env/dev/log/1', bytesOf('two'))).toBe(false)
    expect(textOf(await at().get('env/dev/log/1'))).toBe('one')
  })

  it('lets exactly one of 50 create a key, and keeps what that one wrote', async () => {
    for (let round = 0; round < 4; round++) {
      const key = `race/${round}`
      const won = await Promise.all(
        Array.from({ length: 50 }, (_, i) => at().putIfAbsent(key, bytesOf(`writer ${i}`))),
      )
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(textOf(await at().get(key))).toBe(`writer ${won.indexOf(true)}`)
    }
    expect(await keysOf(at(), 'race/')).toEqual(['race/0', 'race/1', 'race/2', 'race/3'])
  })

  it('writes into folders that deletes are just emptying', async () => {
    const key = (name: string, i: number) => `deep/${i % 3}/folder/${name}-${i}`
    const numbers = Array.from({ length: 40 }, (_, i) => i)
    await Promise.all(numbers.map((i) => at().put(key('old', i), bytesOf('old'))))
    await Promise.all(
      numbers.flatMap((i) => [at().delete([key('old', i)]), at().putIfAbsent(key('new', i), bytesOf('new'))]),
    )
    expect(await keysOf(at(), '')).toEqual(numbers.map((i) => key('new', i)).toSorted())
  })
}

function listing(at: () => Storage): void {
  // `-` and `.` come before `/`, and U+FF5E before U+1F600 in UTF-8 but not in UTF-16.
  const ordered = [
    'a',
    'a-b/x',
    'a.json',
    'a/b',
    'a/b-c',
    'a/b.c/d',
    'a/b0',
    'a0',
    'b/\uff5e',
    'b/\u{1f600}',
    'é/z',
  ]

  async function fill(): Promise<void> {
    // On a disk a key cannot be a file and a folder at once; `layout.ts` never asks for it.
    for (const key of ordered.slice(1).toReversed()) await at().put(key, bytesOf(key))
  }

  it('lists keys in ascending order of their bytes, with sizes', async () => {
    await fill()
    expect(await keysOf(at(), '')).toEqual(ordered.slice(1))
    for await (const { key, size } of at().list('')) expect(size).toBe(bytesOf(key).length)
  })

  it('lists only what is under the prefix', async () => {
    await fill()
    expect(await keysOf(at(), 'a/')).toEqual(['a/b', 'a/b-c', 'a/b.c/d', 'a/b0'])
    expect(await keysOf(at(), 'a/b.c/')).toEqual(['a/b.c/d'])
    expect(await keysOf(at(), 'never/was/')).toEqual([])
  })

  it.each([...ordered, 'a/', 'a/b.', 'a/b.c/', 'a/zzz', 'zzz', '\u{10ffff}'])(
    'lists what comes after %j',
    async (after) => {
      await fill()
      const expected = ordered.slice(1).filter((key) => Buffer.compare(bytesOf(key), bytesOf(after)) > 0)
      expect(await keysOf(at(), '', after)).toEqual(expected)
      expect(await keysOf(at(), 'a/', after)).toEqual(expected.filter((key) => key.startsWith('a/')))
    },
  )

  it('lists many keys in the order of their numbers', async () => {
    const keys = Array.from({ length: 200 }, (_, i) => `log/${String(i).padStart(20, '0')}.json`)
    await Promise.all(keys.toReversed().map((key) => at().put(key, bytesOf(''))))
    expect(await keysOf(at(), 'log/')).toEqual(keys)
    expect(await keysOf(at(), 'log/', keys[150])).toEqual(keys.slice(151))
  })

  it('stops when the reader does', async () => {
    await fill()
    for await (const { key } of at().list('a/')) {
      expect(key).toBe('a/b')
      break
    }
    await at().delete(['a/b'])
    expect(await keysOf(at(), 'a/')).toHaveLength(3)
  })
}

function staging(at: () => Storage): void {
  async function staged(prefix: string): Promise<string> {
    const folder = await at().stage(prefix)
    await writeFile(join(folder, 'part-0.parquet'), 'zero')
    await writeFile(join(folder, 'part-1.parquet'), 'one')
    await writeFile(join(folder, 'left.tmp'), 'of the engine')
    return folder
  }
  const files = ['part-0.parquet', 'part-1.parquet']

  it('shows staged files only when they are published, and only those that are named', async () => {
    const folder = await staged('tables/n/t/v1/')
    expect(await keysOf(at(), '')).toEqual([])
    await at().publish(folder, 'tables/n/t/v1/', files)
    expect(await keysOf(at(), '')).toEqual(files.map((file) => `tables/n/t/v1/${file}`))
    expect(textOf(await at().get('tables/n/t/v1/part-1.parquet'))).toBe('one')
    expect(await readFile(await at().localPath('tables/n/t/v1/part-0.parquet'), 'utf8')).toBe('zero')
    await expect(readdir(folder)).rejects.toThrow('ENOENT')
  })

  it('takes objects beside what was published', async () => {
    await at().publish(await staged('tables/n/t/v1/'), 'tables/n/t/v1/', files)
    expect(await at().putIfAbsent('tables/n/t/v1/manifest.json', bytesOf('{}'))).toBe(true)
    expect(await keysOf(at(), 'tables/')).toHaveLength(3)
  })

  it('publishes a large file whole, and refuses a second one under its name', async () => {
    const bytes = Buffer.alloc(17_000_001, 'sluice')
    for (const content of [bytes, Buffer.alloc(bytes.length, 'other')]) {
      const folder = await at().stage('tables/n/t/v1/')
      await writeFile(join(folder, 'part-0.parquet'), content)
      const published = at().publish(folder, 'tables/n/t/v1/', ['part-0.parquet'])
      await (content === bytes ? published : expect(published).rejects.toThrow(InternalError))
    }
    const key = 'tables/n/t/v1/part-0.parquet'
    expect((await at().stat(key))?.size).toBe(bytes.length)
    expect(bytes.equals((await at().get(key)) ?? Buffer.of())).toBe(true)
    expect(bytes.equals(await readFile(await at().localPath(key)))).toBe(true)
    expect(await keysOf(at(), '')).toEqual([key])
  })

  it('leaves nothing of what is discarded', async () => {
    const folder = await staged('tables/n/t/v1/')
    await at().discard(folder)
    await at().discard(folder)
    await expect(readdir(folder)).rejects.toThrow('ENOENT')
    expect(await keysOf(at(), '')).toEqual([])
  })

  it('stages the same prefix twice apart, and publishes it once', async () => {
    const [one, two] = [await staged('tables/n/t/v1/'), await staged('tables/n/t/v1/')]
    expect(one).not.toBe(two)
    await writeFile(join(two, 'part-0.parquet'), 'of the second')
    await at().publish(one, 'tables/n/t/v1/', files)
    await expect(at().publish(two, 'tables/n/t/v1/', files)).rejects.toThrow(InternalError)
    expect(textOf(await at().get('tables/n/t/v1/part-0.parquet'))).toBe('zero')
    expect(await keysOf(at(), '')).toHaveLength(2)
  })

  it('does not publish when a named file is missing', async () => {
    const folder = await staged('tables/n/t/v1/')
    await expect(at().publish(folder, 'tables/n/t/v1/', [...files, 'part-2.parquet'])).rejects.toThrow(
      ProblemError,
    )
    expect(await keysOf(at(), '')).toEqual([])
  })

  it('publishes and discards no folder that it did not stage', async () => {
    const folder = await staged('tables/n/t/v1/')
    for (const other of [join(folder, '..'), '/tmp', `${folder}/../../..`, folder.slice(0, -1)]) {
      await expect(at().publish(other, 'tables/n/t/v1/', [])).rejects.toThrow(InternalError)
      await expect(at().discard(other)).rejects.toThrow(InternalError)
    }
    expect(await readdir(folder)).toHaveLength(3)
  })
}

function keys(at: () => Storage): void {
  it.each(Object.entries(hostileKeys))('refuses a key with %s', async (_, key) => {
    const storage = at()
    const calls = [
      () => storage.get(key),
      () => storage.stat(key),
      () => storage.put(key, bytesOf('x')),
      () => storage.putIfAbsent(key, bytesOf('x')),
      () => storage.delete([key]),
      () => storage.localPath(key),
      () => storage.stage(`${key}/`),
      async () => storage.publish(await storage.stage('a/'), 'b/', [key]),
    ]
    for (const call of calls) await expect(call()).rejects.toThrow(InternalError)
    if (key !== '') await expect(keysOf(storage, `${key}/`)).rejects.toThrow(InternalError)
    expect(await keysOf(storage, '')).toEqual([])
  })

  it('refuses a prefix that is not a folder', async () => {
    await expect(keysOf(at(), 'a')).rejects.toThrow(InternalError)
    await expect(at().stage('a')).rejects.toThrow(InternalError)
    await expect(at().stage('')).rejects.toThrow(InternalError)
  })
}
