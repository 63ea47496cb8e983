import { describe, expect, test } from 'vitest'
import { copyLake } from '../../src/lake/copy-lake.ts'
import { exportDelta } from '../../src/lake/delta-export.ts'
import { openLake } from '../../src/lake/lake.ts'
import { layout } from '../../src/storage/layout.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { contents, dyingAt, faultsOf, publishWhole, sampleLake } from './copy-kit.ts'
import { flipBit, problemsFrom, watched, wrapped } from './rig.ts'

const isLeftover = (key: string, text: string) => key.endsWith('.parquet') && text === 'never committed'

/** What a copy of a storage holds: all but what was never committed. */
async function expected(source: Storage): Promise<{ [key: string]: string }> {
  const all = Object.entries(await contents(source)).filter(([key, text]) => !isLeftover(key, text))
  return Object.fromEntries(all)
}

describe('a copy of a lake', () => {
  test('holds its history, cache and records, and what was never committed stays behind', async () => {
    const source = await sampleLake()
    await exportDelta(await openLake(source))
    const target = memoryStorage()
    const report = await copyLake(source, target)
    expect(report).toMatchObject({
      lake: (await openLake(source)).id,
      versions: 6,
      files: 12,
      commits: 6,
      records: 2,
      there: 0,
      environments: { dev: 2, prod: 4 },
      problems: [],
    })
    expect(await contents(target)).toEqual(await expected(source))
    expect(await target.get(layout.pin('a'))).toBeUndefined()
    expect(await faultsOf(source, target)).toEqual([])
  })

  test('made again copies what is new, and reads nothing of what is there', async () => {
    const source = await sampleLake()
    const target = memoryStorage()
    await copyLake(source, target)
    const { storage, reads, written } = watched(source)
    expect(await copyLake(storage, target)).toMatchObject({ versions: 0, commits: 0, records: 0, there: 8 })
    expect(reads.filter((read) => read.startsWith('get tables/'))).toEqual([])
    await publishWhole(source, 'prod', 't1', 'later')
    expect(await copyLake(storage, target)).toMatchObject({ versions: 1, files: 2, commits: 1, there: 8 })
    expect(written).toEqual([])
    expect(await contents(target)).toEqual(await expected(source))
  })

  test('is what the source was when it began, while others commit there', async () => {
    const source = await sampleLake()
    const target = memoryStorage()
    let more = 3
    let turn: Promise<unknown> = Promise.resolve()
    const busy = wrapped(source, {
      get: async (key) => {
        if (key.endsWith('manifest.json') && more-- > 0)
          await (turn = turn.then(() => publishWhole(source, 'prod', 't1', `more ${more}`)))
        return source.get(key)
      },
    })
    expect((await copyLake(busy, target)).environments).toEqual({ dev: 2, prod: 4 })
    expect(await faultsOf(source, target)).toEqual([])
    expect((await copyLake(source, target)).environments).toEqual({ dev: 2, prod: 7 })
    expect(await contents(target)).toEqual(await expected(source))
  })

  test('in a dry run changes nothing, and counts the same', async () => {
    const source = await sampleLake()
    const target = memoryStorage()
    const { versions, files, bytes, commits, records } = await copyLake(source, target, { dryRun: true })
    expect(await contents(target)).toEqual({})
    expect(await copyLake(source, target)).toMatchObject({ versions, files, bytes, commits, records })
    expect(await copyLake(source, target, { dryRun: true })).toMatchObject({
      versions: 0,
      commits: 0,
      records: 0,
    })
  })

  test('is refused where another lake is, or one with commits of its own', async () => {
    const source = await sampleLake()
    const other = await sampleLake(1)
    const before = await contents(other)
    expect(await problemsFrom(copyLake(source, other))).toEqual([
      'storage/other-lake: memory holds another lake; copy to an empty place: two lakes cannot be made one',
    ])
    expect(await contents(other)).toEqual(before)
    const target = memoryStorage()
    await copyLake(source, target)
    await publishWhole(target, 'prod', 't1', 'of the target')
    await publishWhole(source, 'prod', 't1', 'of the source')
    const moved = await contents(target)
    expect((await problemsFrom(copyLake(source, target)))[0]).toMatch(
      /^storage\/diverged: memory has another 'env\/prod/,
    )
    expect(await contents(target)).toEqual(moved)
    expect((await problemsFrom(copyLake(memoryStorage(), target)))[0]).toMatch(/there is no lake/)
  })

  test('stays as it is when the target has gone on alone', async () => {
    const source = await sampleLake()
    const target = memoryStorage()
    await copyLake(source, target)
    await publishWhole(target, 'prod', 't1', 'of the target')
    expect((await copyLake(source, target)).environments).toEqual({ dev: 2, prod: 5 })
  })

  test('tells what is damaged in the source, and copies the rest', async () => {
    const source = await sampleLake()
    const { heads } = await (await openLake(source)).env('prod').state()
    const [first, second] = [...heads.values()]
    await flipBit(source, first?.files[0]?.key ?? '', 3)
    await flipBit(source, second?.manifest ?? '', 30)
    const target = memoryStorage()
    const { problems, versions, environments } = await copyLake(source, target)
    expect(problems.map(({ code }) => code)).toEqual(['storage/corrupt', 'storage/corrupt'])
    expect([versions, environments]).toEqual([4, { dev: 2, prod: 4 }])
    expect(await target.get(first?.manifest ?? '')).toBeUndefined()
  })

  test('ends before a commit that is damaged, and says so', async () => {
    const source = await sampleLake(12)
    await flipBit(source, layout.log('prod', 3), 40)
    const target = memoryStorage()
    const { problems, environments } = await copyLake(source, target)
    expect([problems.length, environments['prod']]).toEqual([1, 2])
    expect((await (await openLake(target)).env('prod').state()).commit).toBe(2)
  })
})

describe('a copy that is killed', () => {
  /** Kills a copy before each of its changes in turn; what is wrong then, and after it was made again. */
  async function killed(wrong: (target: Storage) => Storage): Promise<{ kills: number; faults: string[] }> {
    const source = await sampleLake(4)
    const faults: string[] = []
    for (let kill = 0; ; kill++) {
      const target = memoryStorage()
      const died = await copyLake(source, dyingAt(wrong(target), kill)).then(
        () => false,
        (error: unknown) => {
          if (error instanceof Error && error.message === 'killed') return true
          throw error
        },
      )
      faults.push(...(await faultsOf(source, target)))
      if (!died) return { kills: kill, faults }
      await copyLake(source, wrong(target))
      faults.push(...(await faultsOf(source, target)))
      if (JSON.stringify(await contents(target)) !== JSON.stringify(await expected(source)))
        faults.push(`killed at change ${kill}, it is not whole after it was made again`)
    }
  }

  test('leaves a good lake, and goes on to the same end', async () => {
    const { kills, faults } = await killed((target) => target)
    expect(faults).toEqual([])
    // The lake twice, 4 versions, 2 records, 4 commits, 2 hints.
    expect(kills).toBeGreaterThanOrEqual(20)
  })

  test('would be found out if it lost files, or made commits before them', async () => {
    const losing = (target: Storage) => wrapped(target, { publish: (staged) => target.discard(staged) })
    expect((await killed(losing)).faults.length).toBeGreaterThan(0)
    const held: (() => Promise<unknown>)[] = []
    const early = (target: Storage) =>
      wrapped(target, {
        publish: async (staged, prefix, files) => void held.push(() => target.publish(staged, prefix, files)),
        put: async (key, bytes) => {
          await target.put(key, bytes)
          for (const late of held.splice(0)) await late().catch(() => undefined)
        },
      })
    expect((await killed(early)).faults.length).toBeGreaterThan(0)
  })

  test('does not take a file in the target for its own when it is another', async () => {
    const source = await sampleLake()
    const target = memoryStorage()
    const { heads } = await (await openLake(source)).env('prod').state()
    const file = [...heads.values()][0]?.files[0]
    await target.put(file?.key ?? '', Buffer.alloc(file?.bytes ?? 0))
    const { problems } = await copyLake(source, target)
    expect(problems.map(({ message }) => message)).toEqual([
      `'${file?.key}' is in memory already, with another content than its manifest says`,
    ])
  })
})
