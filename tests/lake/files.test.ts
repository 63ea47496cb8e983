import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hashFile } from '../../src/base/file-hash.ts'
import { manifestsIn } from '../../src/lake/manifest.ts'
import { seal } from '../../src/lake/sealed.ts'
import type { Manifest } from '../../src/lake/types.ts'
import { verifyFiles } from '../../src/lake/verify.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { flipBit, manifest, problemsFrom, watched } from './rig.ts'

let folder = ''
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'sluice-files-'))))
afterAll(() => rm(folder, { recursive: true }))

/** The test vectors of BLAKE3 repeat the bytes 0 to 250 (test_vectors.json of its reference implementation). */
const vectors: [length: number, hash: string][] = [
  [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
  [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
  [1024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
  [102400, 'bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085'],
]

test.each(vectors)('the hash of a file of %i bytes is that of the specification', async (length, hash) => {
  const path = join(folder, `f${length}`)
  await writeFile(
    path,
    Uint8Array.from({ length }, (_, i) => i % 251),
  )
  expect(await hashFile(path)).toBe(hash)
})

test('the hash of a file of several blocks depends on each of them', async () => {
  const path = join(folder, 'large')
  const bytes = Buffer.alloc(3 * (1 << 20) + 17, 7)
  const hashes = new Set<string>()
  for (const at of [0, 1 << 20, (1 << 20) - 1, bytes.length - 1]) {
    bytes[at] = 8
    await writeFile(path, bytes)
    hashes.add(await hashFile(path))
  }
  expect(hashes.size).toBe(4)
})

const key = 'tables/x/silver.trips/v/manifest.json'

describe('a manifest', () => {
  test('is read back as it was written, and only once', async () => {
    const { storage, reads } = watched(memoryStorage())
    await manifestsIn(storage).write(key, manifest)
    const manifests = manifestsIn(storage)
    expect(await manifests.read(key)).toMatchObject(manifest)
    await manifests.read(key)
    expect(reads).toEqual([`get ${key}`])
  })

  test('can be written twice when it is the same, and is never replaced', async () => {
    const storage = memoryStorage()
    const manifests = manifestsIn(storage)
    await manifests.write(key, manifest)
    await manifests.write(key, manifest)
    const [problem] = await problemsFrom(manifests.write(key, { ...manifest, rows: 4 }))
    expect(problem).toContain(`storage/corrupt: '${key}'`)
    expect((await manifestsIn(storage).read(key)).rows).toBe(3)
  })

  test('is noticed as damaged whichever bit is flipped', async () => {
    const storage = memoryStorage()
    const bytes = seal(manifest)
    for (let byte = 0; byte < bytes.length; byte += 3) {
      await storage.put(key, bytes)
      await flipBit(storage, key, byte, byte % 8)
      expect((await problemsFrom(manifestsIn(storage).read(key)))[0]).toContain(
        `storage/corrupt: '${key}' is damaged`,
      )
    }
  })

  test('that is missing is damage that names the key', async () => {
    const [problem] = await problemsFrom(manifestsIn(memoryStorage()).read(key))
    expect(problem).toContain(`'${key}' is damaged: it is missing`)
  })

  const malformed: [property: string, value: { readonly [key in keyof Manifest]?: unknown }][] = [
    ['table', { table: 7 }],
    ['rows', { rows: -1 }],
    ['rows', { rows: 1.5 }],
    ['bytes', { bytes: '5' }],
    ['columns', { columns: [{ name: 'a', type: 'X' }] }],
    ['key', { key: 'fare' }],
    ['files', { files: [{ key: 'x', bytes: 1, rows: 1, hash: 'short' }] }],
    ['files', { files: null }],
    ['stats', { stats: { fare: { nulls: 0, min: 1 } } }],
    ['stats', { stats: [] }],
  ]
  test.each(malformed)('with a malformed %s is refused: %j', async (property, change) => {
    const storage = memoryStorage()
    await storage.put(key, seal({ ...manifest, ...change }))
    const [problem] = await problemsFrom(manifestsIn(storage).read(key))
    expect(problem).toContain(`'${key}' is damaged: '${property}' is missing or malformed`)
  })

  test('of a newer format is refused as such', async () => {
    const storage = memoryStorage()
    await storage.put(key, seal({ ...manifest, format: 3 }))
    expect((await problemsFrom(manifestsIn(storage).read(key)))[0]).toContain('storage/format: ')
  })
})

describe('the files of a version', () => {
  async function sample() {
    const storage = memoryStorage()
    const path = join(folder, 'part')
    await writeFile(path, 'hello')
    const file = {
      key: 'tables/x/silver.trips/v/part-0.parquet',
      bytes: 5,
      rows: 3,
      hash: await hashFile(path),
    }
    await storage.put(file.key, Buffer.from('hello'))
    return { storage, file: file.key, version: { ...manifest, files: [file] } }
  }

  const harms: [name: string, text: string | undefined, quick: number, whole: number, why: string][] = [
    ['as they were written', 'hello', 0, 0, ''],
    ['deleted', undefined, 1, 1, 'it is missing'],
    ['shorter', 'hell', 1, 1, 'it has 4 bytes, and had 5 when it was written'],
    ['edited in place', 'hellO', 0, 1, 'its content is not what was written'],
  ]
  test.each(harms)('that are %s are told', async (_, text, quick, whole, why) => {
    const { storage, file, version } = await sample()
    await (text === undefined ? storage.delete([file]) : storage.put(file, Buffer.from(text)))
    expect(await verifyFiles(storage, version)).toHaveLength(quick)
    const problems = await verifyFiles(storage, version, { hash: true })
    expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual(
      whole === 0
        ? []
        : [
            `storage/corrupt '${file}' is damaged: ${why}; it is of 'silver.trips', version ${manifest.version}`,
          ],
    )
    await storage.close()
  })
})
