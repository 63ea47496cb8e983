import { existsSync, statSync, utimesSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { hashFile } from '../../src/base/file-hash.ts'
import { KeptFiles, type KeptFile } from '../../src/connect/kept-files.ts'

const isAny = (value: unknown): value is { at: number } => typeof value === 'object'
const longAgo = new Date(Date.now() - 2 * 86_400_000)

async function folder(): Promise<KeptFiles> {
  const root = await mkdtemp(path.join(tmpdir(), 'sluice-kept-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  return new KeptFiles(root, { asked: 'a table' })
}

async function keep(kept: KeptFiles, text: string): Promise<KeptFile> {
  const beside = kept.beside()
  await writeFile(beside, text)
  const hash = await hashFile(beside)
  return { file: await kept.keep(beside, hash, '.csv'), bytes: text.length, hash }
}

test('a file that was kept for days stays for a day after nobody names it: another run may be reading it', async () => {
  const kept = await folder()
  const [old, next] = [await keep(kept, 'old'), await keep(kept, 'next')]
  utimesSync(kept.pathOf(old), longAgo, longAgo)
  await kept.write({ at: 1, files: [old] })
  await kept.write({ at: 2, files: [next] })
  expect(existsSync(kept.pathOf(old))).toBe(true)

  const left = path.join(kept.folder, 'left.json')
  await writeFile(left, JSON.stringify({ [old.file]: longAgo.getTime() }))
  await kept.write({ at: 3, files: [next] })
  expect(existsSync(kept.pathOf(old))).toBe(false)
  expect(await readFile(left, 'utf8')).toBe('{}')
})

test('a look that was begun earlier does not take the place of a later one, unless that is of the future', async () => {
  const kept = await folder()
  const file = await keep(kept, 'rows')
  await kept.write({ at: 2, files: [file] })
  await kept.write({ at: 1, files: [] })
  expect(kept.read(isAny)?.at).toBe(2)
  await kept.write({ at: Date.now() + 1e9, files: [file] })
  await kept.write({ at: 3, files: [file] })
  expect(kept.read(isAny)?.at).toBe(3)
})

test('what is there with the same content stays the file that it is; what is damaged is replaced', async () => {
  const kept = await folder()
  const first = await keep(kept, 'rows')
  const before = statSync(kept.pathOf(first)).ino
  expect(await keep(kept, 'rows')).toEqual(first)
  expect(statSync(kept.pathOf(first)).ino).toBe(before)
  await writeFile(kept.pathOf(first), 'rowx')
  await keep(kept, 'rows')
  expect(await readFile(kept.pathOf(first), 'utf8')).toBe('rows')
})
