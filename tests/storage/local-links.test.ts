import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InternalError, problemsOf } from '../../src/base/problem.ts'
import { localStorage } from '../../src/storage/local.ts'
import { nodeIo } from '../../src/storage/local-io.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { bytesOf, keysOf, textOf } from './objects.ts'

let folder: string
let root: string
let outside: string
let storage: Storage
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-links-'))
  root = join(folder, 'lake')
  outside = join(folder, 'lake-outside')
  await mkdir(join(outside, 'deep'), { recursive: true })
  await mkdir(root)
  await writeFile(join(outside, 'secret'), 'secret')
  storage = localStorage(root)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function expectRefused(work: Promise<unknown>): Promise<void> {
  const error: unknown = await work.catch((thrown: unknown) => thrown)
  expect(problemsOf(error)?.map(({ code }) => code)).toEqual(['storage/unavailable'])
}

describe('a folder that is a link out of the root', () => {
  beforeEach(() => symlink(outside, join(root, 'tables')))

  it('is refused before anything is written or deleted through it', async () => {
    await expectRefused(storage.put('tables/a', bytesOf('x')))
    await expectRefused(storage.putIfAbsent('tables/a', bytesOf('x')))
    await expectRefused(storage.put('tables/deep/a', bytesOf('x')))
    await expectRefused(storage.put('tables/new/a', bytesOf('x')))
    await expectRefused(storage.stage('tables/v/'))
    await expectRefused(storage.stage('tables/deep/v/'))
    await expectRefused(storage.delete(['tables/secret']))
    expect(await readdir(outside)).toEqual(['deep', 'secret'])
    expect(await readdir(join(outside, 'deep'))).toEqual([])
  })

  it('is refused for reading and listing', async () => {
    await expectRefused(storage.get('tables/secret'))
    await expectRefused(storage.localPath('tables/secret'))
    await expectRefused(keysOf(storage, ''))
    await expectRefused(keysOf(storage, 'tables/'))
  })

  it('is refused for a staged folder behind it', async () => {
    const staged = await storage.stage('v/')
    const name = staged.slice(root.length + 1)
    await rename(staged, join(outside, name))
    await expectRefused(storage.discard(join(root, 'tables', name)))
    await expectRefused(storage.publish(join(root, 'tables', name), 'v/', []))
    expect(await readdir(outside)).toContain(name)
  })
})

it('refuses a link that leads nowhere where a folder should be', async () => {
  await symlink(join(folder, 'nowhere'), join(root, 'tables'))
  await expectRefused(storage.put('tables/a', bytesOf('x')))
  expect(await readdir(folder)).toEqual(['lake', 'lake-outside'])
})

it('never reads or writes through a link that stands where a file should be', async () => {
  await symlink(join(outside, 'secret'), join(root, 'a'))
  await expectRefused(storage.get('a'))
  await expectRefused(storage.stat('a'))
  await expectRefused(storage.localPath('a'))
  expect(await storage.putIfAbsent('a', bytesOf('x'))).toBe(false)
  await storage.put('a', bytesOf('mine'))
  expect(textOf(await storage.get('a'))).toBe('mine')
  expect(textOf(await nodeIo.readFile(join(outside, 'secret')))).toBe('secret')
})

it('does not publish files that are links', async () => {
  const staged = await storage.stage('v/')
  await symlink(join(outside, 'secret'), join(staged, 'part-0'))
  await expectRefused(storage.publish(staged, 'v/', ['part-0']))
  await symlink(outside, join(staged, 'sub'))
  await expectRefused(storage.publish(staged, 'v/', ['sub/secret']))
  expect(await readdir(outside)).toEqual(['deep', 'secret'])
  expect(await keysOf(storage, '')).toEqual([])
})

it('follows a link inside the root, lists objects once, and is not caught in a circle', async () => {
  await storage.put('real/a', bytesOf('x'))
  await symlink(join(root, 'real'), join(root, 'link'))
  await symlink(root, join(root, 'real', 'circle'))
  expect(textOf(await storage.get('link/a'))).toBe('x')
  expect(await keysOf(storage, '')).toEqual(['real/a'])
})

it('works in a root that is itself a link', async () => {
  await symlink(root, join(folder, 'linked'))
  const linked = localStorage(join(folder, 'linked'))
  await linked.put('new/a', bytesOf('x'))
  expect(await keysOf(linked, '')).toEqual(['new/a'])
  expect(textOf(await storage.get('new/a'))).toBe('x')
})

it('tells a folder or file that stands in the way', async () => {
  await storage.put('a/b', bytesOf('x'))
  await expectRefused(storage.get('a'))
  await expectRefused(storage.stat('a'))
  await expectRefused(storage.put('a', bytesOf('x')))
  await expectRefused(storage.put('a/b/c', bytesOf('x')))
  await expectRefused(storage.get('a/b/c'))
  const staged = await storage.stage('a/b/')
  await expect(storage.publish(staged, 'a/b/', [])).rejects.toThrow(InternalError)
  expect(await keysOf(storage, '')).toEqual(['a/b'])
})

it('goes on when its folders were removed behind its back', async () => {
  await storage.put('a/b/c', bytesOf('x'))
  await rm(root, { recursive: true })
  expect(await storage.get('a/b/c')).toBeUndefined()
  expect(await storage.putIfAbsent('a/b/c', bytesOf('again'))).toBe(true)
  await rm(root, { recursive: true })
  const staged = await storage.stage('a/b/')
  await storage.publish(staged, 'a/b/', [])
})

it('leaves no empty folders after a delete, and reads none that `after` rules out', async () => {
  await storage.put('a/1/x', bytesOf('x'))
  await storage.put('a/2/x', bytesOf('x'))
  await storage.delete(['a/1/x'])
  expect(await readdir(join(root, 'a'))).toEqual(['2'])
  const read: string[] = []
  const io = {
    ...nodeIo,
    readdir: async (path: string) => {
      read.push((await nodeIo.realpath(path)).slice(root.length))
      return nodeIo.readdir(path)
    },
  }
  await storage.put('a/1/x', bytesOf('x'))
  await storage.put('a/3/x', bytesOf('x'))
  expect(await keysOf(localStorage(root, io), 'a/', 'a/2/x')).toEqual(['a/3/x'])
  expect(read).toEqual(['/a', '/a/2', '/a/3'])
})
