import { expect, onTestFinished, test } from 'vitest'
import { openLake } from '../../src/lake/lake.ts'
import { localStorage } from '../../src/storage/local.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wrapped } from '../lake/rig.ts'
import { randomFrom } from './chance.ts'
import { faultyStorage, logsLag, realTime } from './faulty.ts'
import type { Fault } from './faulty.ts'
import { bytesOf, keysOf, textOf } from './objects.ts'
import { storm } from './storm.ts'

test('every kind of fault falls, and a seed gives the same faults again', async () => {
  async function faults(seed: number): Promise<string[]> {
    const struck: string[] = []
    const time = realTime()
    const storage = faultyStorage(memoryStorage(), {
      random: randomFrom(seed),
      rate: 0.5,
      later: (_ms, work) => time.later(0, work),
      stale: logsLag,
      struck: (fault, call, key) => struck.push(`${fault} ${call} ${key}`),
    })
    for (let i = 0; i < 200; i++) {
      const key = `env/dev/log/${i}.json`
      await storage.putIfAbsent(key, bytesOf('some text')).catch(() => undefined)
      await storage.get(key).catch(() => undefined)
      await keysOf(storage, 'env/dev/log/').catch(() => undefined)
    }
    await time.settled()
    return struck
  }
  const first = await faults(7)
  expect(await faults(7)).toEqual(first)
  expect(await faults(8)).not.toEqual(first)
  const kinds = new Set(first.map((each) => each.split(' ')[0]))
  const all: Fault[] = ['before', 'after', 'late', 'twice', 'refused', 'cut', 'mixed', 'stale', 'broken']
  expect(kinds).toEqual(new Set(all))
})

test('without faults it is the storage itself', async () => {
  const storage = faultyStorage(memoryStorage(), { random: Math.random, rate: 0, later: realTime().later })
  expect(await storage.putIfAbsent('a', bytesOf('x'))).toBe(true)
  expect(await storage.putIfAbsent('a', bytesOf('y'))).toBe(false)
  expect(textOf(await storage.get('a'))).toBe('x')
})

test('a storm over files in real time: what was told to be committed is there once', async () => {
  const root = await mkdtemp(join(tmpdir(), 'sluice-storm-'))
  onTestFinished(() => rm(root, { recursive: true }))
  for (let seed = 1; seed <= 3; seed++)
    expect(await storm(localStorage(join(root, `${seed}`)), seed)).toEqual([])
})

test('the same storm finds a store whose creation replaces what is there', async () => {
  const inner = memoryStorage()
  await openLake(inner)
  const putIfAbsent = async (key: string, bytes: Uint8Array) => {
    await inner.put(key, bytes)
    return true
  }
  expect(await storm(wrapped(inner, { putIfAbsent }), 1)).not.toEqual([])
})
