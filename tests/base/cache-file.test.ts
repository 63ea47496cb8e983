import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeCache } from '../../src/base/cache-file.ts'

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-cache-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('a cache is written whole, with the folders that it needs', async () => {
  const folder = await emptyFolder()
  expect(writeCache(path.join(folder, 'a/b.json'), '1')).toBe(true)
  expect(writeCache(path.join(folder, 'a/b.json'), '2')).toBe(true)
  expect(await readFile(path.join(folder, 'a/b.json'), 'utf8')).toBe('2')
  expect(await readdir(path.join(folder, 'a'))).toEqual(['b.json'])
})

test('what the operating system refuses is no cache, and leaves nothing behind', async () => {
  const folder = await emptyFolder()
  await writeFile(path.join(folder, 'file'), '')
  expect(writeCache(path.join(folder, 'file/b.json'), '1')).toBe(false)
  // A folder cannot be replaced by a file: what was written beside goes.
  expect(writeCache(path.join(folder, 'taken/in.json'), '1')).toBe(true)
  expect(writeCache(path.join(folder, 'taken'), '1')).toBe(false)
  expect((await readdir(folder)).toSorted()).toEqual(['file', 'taken'])
})

test('a mistake of ours is no refusal', () => {
  expect(() => writeCache('with a \0', '')).toThrow('null bytes')
})
