import { expect, test } from 'vitest'
import { PassingFault } from '../../src/storage/fault.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { steadyStorage } from '../../src/storage/steady.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { wrapped } from '../lake/rig.ts'
import { bytesOf, keysOf, textOf } from './objects.ts'

/** A storage whose calls fail so many times each, with an error, and the pauses that are made between them. */
async function failing(
  times: number,
  error: Error,
): Promise<{ storage: Storage; pauses: number[]; calls: string[] }> {
  const inner = memoryStorage()
  for (const key of ['a/1', 'a/2', 'a/3']) await inner.put(key, bytesOf(key))
  const left = new Map<string, number>()
  const calls: string[] = []
  const failed = (call: string): void => {
    calls.push(call)
    const before = left.get(call) ?? times
    left.set(call, before - 1)
    if (before > 0) throw error
  }
  const pauses: number[] = []
  const store = wrapped(inner, {
    get: async (key) => (failed('get'), inner.get(key)),
    stat: async (key) => (failed('stat'), inner.stat(key)),
    put: async (key, bytes) => (failed('put'), inner.put(key, bytes)),
    putIfAbsent: async (key, bytes) => (failed('create'), inner.putIfAbsent(key, bytes)),
    delete: async (keys) => (failed('delete'), inner.delete(keys)),
    async *list(prefix, options) {
      for await (const object of inner.list(prefix, options)) {
        yield object
        failed(`list after ${object.key}`)
      }
    },
  })
  const pause = async (ms: number): Promise<void> => void pauses.push(ms)
  return { storage: steadyStorage(store, pause), pauses, calls }
}

const busy = new PassingFault({ code: 'storage/unavailable', message: 'busy' })

test('makes reads, replacements and deletes again that failed for a moment, with growing pauses', async () => {
  const { storage, pauses } = await failing(3, busy)
  expect(textOf(await storage.get('a/1'))).toBe('a/1')
  expect(pauses).toEqual([20, 40, 80])
  await storage.put('a/4', bytesOf('x'))
  await storage.delete(['a/1'])
  expect(await storage.stat('a/1')).toBeUndefined()
})

test('goes on with a listing after the last key, and gives no key twice', async () => {
  const { storage } = await failing(1, busy)
  expect(await keysOf(storage, 'a/')).toEqual(['a/1', 'a/2', 'a/3'])
})

test('makes no creation again: the second would be refused by the success of the first', async () => {
  const { storage, calls } = await failing(1, busy)
  await expect(storage.putIfAbsent('b', bytesOf('x'))).rejects.toThrow('busy')
  expect(calls).toEqual(['create'])
})

test('gives up after four times', async () => {
  const { storage, calls } = await failing(4, busy)
  await expect(storage.get('a/1')).rejects.toThrow('busy')
  expect(calls).toHaveLength(4)
})

test('makes nothing again that would fail again', async () => {
  const { storage, calls } = await failing(1, new Error('no rights'))
  await expect(storage.get('a/1')).rejects.toThrow('no rights')
  expect(calls).toHaveLength(1)
})
