import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { hashBytes } from '../../src/base/file-hash.ts'
import { manifestsIn } from '../../src/lake/manifest.ts'
import { soundVersions } from '../../src/lake/sound.ts'
import type { Manifest } from '../../src/lake/types.ts'
import { StatIndex } from '../../src/notebook/stat-index.ts'
import { openIn } from '../storage/clouds.ts'
import { bytesOf } from '../storage/objects.ts'
import { s3Server } from '../storage/servers/s3.ts'
import { manifest, problemsFrom } from './rig.ts'

const key = 'tables/x/silver.trips/v/part-0.parquet'

/** Versions in a bucket, with an index of this machine; one file whose copy was read once. */
async function readOnce() {
  const server = await s3Server()
  const keys = { bucket: 'lake', endpoint: server.url, accessKeyId: 'a', secretAccessKey: 'b' }
  const { storage, cleanUp } = await openIn({ kind: 's3', options: keys })
  const folder = await mkdtemp(join(tmpdir(), 'sluice-sound-'))
  onTestFinished(async () => {
    await storage.close()
    await cleanUp()
    await rm(folder, { recursive: true, force: true })
    await server.stop()
  })
  await storage.put(key, bytesOf('bytes'))
  const hash = await hashBytes(bytesOf('bytes'))
  const version: Manifest = { ...manifest, files: [{ key, bytes: 5, rows: 1, hash }] }
  const index = StatIndex.open(join(folder, 'index.json'), 'tests')
  const sound = soundVersions(storage, manifestsIn(storage), () => index)
  const [path = ''] = await sound.files(version)
  return { server, storage, sound, version, path }
}

/** Writes other bytes over a file, and sets its times to what they were. */
async function damaged(path: string): Promise<void> {
  const { atime, mtime } = await stat(path)
  await rm(path)
  await writeFile(path, 'bytez')
  await utimes(path, atime, mtime)
}

test('a copy of a file of a bucket that was changed, with size and times as before, is fetched again', async () => {
  const { sound, version, path } = await readOnce()
  await damaged(path)
  const [again = ''] = await sound.files(version)
  expect(await readFile(again, 'utf8')).toBe('bytes')
})

test('it is told as damaged where the bucket holds other bytes too', async () => {
  const { server, storage, sound, version, path } = await readOnce()
  await damaged(path)
  await storage.put(key, bytesOf('bytex'))
  expect(server.objects.size).toBeGreaterThan(0)
  expect(await problemsFrom(sound.files(version))).toEqual([
    expect.stringMatching(/^storage\/corrupt: .*part-0/),
  ])
})
