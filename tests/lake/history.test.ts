import { describe, expect, test } from 'vitest'
import type { HistoryOptions } from '../../src/lake/history.ts'
import { layout } from '../../src/storage/layout.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { collected, filled, flipBit, fresh, problemsFrom, publish, setting, watched } from './rig.ts'

const cases: [options: HistoryOptions, numbers: number[]][] = [
  [{}, [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]],
  [{ limit: 3 }, [12, 11, 10]],
  [{ limit: 0 }, []],
  [{ limit: 99, before: 3 }, [2, 1]],
  [{ table: 't0' }, [12, 9, 6, 3]],
  [{ table: 't0', limit: 2, before: 12 }, [9, 6]],
  [{ table: 'unknown' }, []],
  [{ table: 'constructor' }, []],
]

describe('history', () => {
  test.each(cases)('with %j gives commits newest first', async (options, numbers) => {
    const storage = memoryStorage()
    await filled(storage, 12)
    const entries = await collected((await fresh(storage)).history(options))
    expect(entries.map(({ number }) => number)).toEqual(numbers)
  })

  test('has the commits that removed a table', async () => {
    const env = await fresh(memoryStorage())
    for (const version of ['v1', null, 'v2']) await publish(env, setting({ a: version }))
    const entries = await collected(env.history({ table: 'a' }))
    expect(entries.map(({ heads }) => heads['a']?.version ?? null)).toEqual(['v2', null, 'v1'])
  })

  test('reads no more than is asked for', async () => {
    const inner = memoryStorage()
    await filled(inner, 60)
    const { storage, reads } = watched(inner)
    const env = await fresh(storage)
    await env.state()
    reads.length = 0
    await collected(env.history({ limit: 2 }))
    expect(reads).toHaveLength(3)
  })

  test.each(['flipped', 'deleted'])(
    'gives what is above an entry that was %s, then names it',
    async (fault) => {
      const storage = memoryStorage()
      await filled(storage, 12)
      const key = layout.log('prod', 8)
      await (fault === 'deleted' ? storage.delete([key]) : flipBit(storage, key, 40))
      const env = await fresh(storage)
      const numbers: number[] = []
      const reading = (async () => {
        for await (const { number } of env.history()) numbers.push(number)
      })()
      const [problem] = await problemsFrom(reading)
      expect(problem).toContain(`storage/corrupt: '${key}'`)
      expect(numbers).toEqual([12, 11, 10, 9])
      expect(await collected(env.history({ before: 8 }))).toHaveLength(7)
    },
  )
})
