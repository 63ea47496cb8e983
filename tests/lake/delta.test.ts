import { describe, expect, test } from 'vitest'
import { exportDelta } from '../../src/lake/delta-export.ts'
import { collectGarbage } from '../../src/lake/gc.ts'
import { layout } from '../../src/storage/layout.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { deltaLogs, lakeOver, publishVersion, replayed, setHead } from './delta-kit.ts'
import { watched, wrapped } from './rig.ts'

const root = 'tables/silver/trips/trips/'
const pathOf = ({ version }: { version: string }, part = 0) => `${version}/part-${part}.parquet`

async function emptyLake() {
  const storage = memoryStorage()
  return { storage, lake: await lakeOver(storage) }
}

describe('the Delta log of a table', () => {
  test('has version 0 without rows, and then version n for the n-th version of the table', async () => {
    const { storage, lake } = await emptyLake()
    const versions = [
      await publishVersion(lake, 'trips'),
      await publishVersion(lake, 'trips', { files: 3 }),
      await publishVersion(lake, 'trips'),
    ]
    const done = await exportDelta(lake)
    expect(done).toMatchObject({ env: 'prod', commit: 3, tables: { trips: 3 }, written: 4, problems: [] })
    const [first, second, third] = versions
    expect(replayed(await deltaLogs(storage), root)).toEqual([
      '',
      pathOf(first!),
      [0, 1, 2].map((part) => pathOf(second!, part)).join(),
      pathOf(third!),
    ])
  })

  test('goes on where it was, with reads that do not grow with the history', async () => {
    const { storage, reads, written } = watched(memoryStorage())
    const lake = await lakeOver(storage)
    for (let i = 0; i < 30; i++) await publishVersion(lake, 'trips')
    await exportDelta(lake)
    await publishVersion(lake, 'trips')
    reads.length = 0
    written.length = 0
    await exportDelta(lake)
    expect(written.map(({ key }) => key)).toEqual([layout.deltaLog(root, 31)])
    // Not the 31 entries that there are.
    expect(reads.length).toBeLessThanOrEqual(8)
    reads.length = 0
    await exportDelta(lake)
    expect(written).toHaveLength(1)
  })

  test('is that of the default environment alone', async () => {
    const { storage, lake } = await emptyLake()
    await publishVersion(lake, 'trips', { env: 'dev' })
    expect(await exportDelta(lake)).toMatchObject({ commit: 0, written: 0 })
    expect(await deltaLogs(storage)).toEqual({})
  })

  test('has no version for a commit that keeps the version of the table', async () => {
    const { storage, lake } = await emptyLake()
    const first = await publishVersion(lake, 'trips')
    await setHead(lake, 'trips', 1)
    await publishVersion(lake, 'other')
    await exportDelta(lake)
    expect(replayed(await deltaLogs(storage), root)).toEqual(['', pathOf(first)])
  })

  test('follows a version that is restored', async () => {
    const { storage, lake } = await emptyLake()
    const first = await publishVersion(lake, 'trips')
    const second = await publishVersion(lake, 'trips')
    await setHead(lake, 'trips', 1)
    await exportDelta(lake)
    expect(replayed(await deltaLogs(storage), root)).toEqual([
      '',
      pathOf(first),
      pathOf(second),
      pathOf(first),
    ])
  })

  test('refuses its readers by name while the table is dropped', async () => {
    const { storage, lake } = await emptyLake()
    const first = await publishVersion(lake, 'trips')
    await setHead(lake, 'trips', null)
    await exportDelta(lake)
    expect(replayed(await deltaLogs(storage), root)).toEqual(['', pathOf(first), 'sluiceDropped'])
    const again = await publishVersion(lake, 'trips')
    expect((await exportDelta(lake)).tables).toEqual({ trips: 3 })
    expect(replayed(await deltaLogs(storage), root).at(-1)).toBe(pathOf(again))
  })

  test('moves with the notebook that writes the table, there and back', async () => {
    const { storage, lake } = await emptyLake()
    const moved = 'tables/silver/rides/trips/'
    const first = await publishVersion(lake, 'trips')
    const second = await publishVersion(lake, 'trips', { notebook: 'silver/rides' })
    await exportDelta(lake)
    expect(replayed(await deltaLogs(storage), root)).toEqual(['', pathOf(first), 'sluiceMoved'])
    expect(replayed(await deltaLogs(storage), moved)).toEqual(['', 'sluiceMoved', pathOf(second)])
    const third = await publishVersion(lake, 'trips', { notebook: 'silver/rides' })
    const fourth = await publishVersion(lake, 'trips')
    await exportDelta(lake)
    expect(replayed(await deltaLogs(storage), root).slice(2)).toEqual([
      'sluiceMoved',
      'sluiceMoved',
      pathOf(fourth),
    ])
    expect(replayed(await deltaLogs(storage), moved).slice(2)).toEqual([
      pathOf(second),
      pathOf(third),
      'sluiceMoved',
    ])
  })

  test('refuses a version with a type that Delta lacks, and warns once', async () => {
    const { storage, lake } = await emptyLake()
    const columns = [
      { name: 'at', type: 'TIME', nullable: true },
      { name: 'two words', type: 'UUID[]', nullable: true },
    ]
    const first = await publishVersion(lake, 'trips')
    await publishVersion(lake, 'trips', { columns })
    const { problems } = await exportDelta(lake)
    expect(problems.map(({ code, severity, message }) => `${severity} ${code} ${message}`)).toEqual([
      "warn delta/type-unsupported table 'trips' cannot be read as a Delta table: column 'at' is TIME, which Delta does not have",
      "warn delta/type-unsupported table 'trips' cannot be read as a Delta table: column 'two words' has a space or one of , ; { } ( ) = in its name, which Delta refuses",
      "warn delta/type-unsupported table 'trips' cannot be read as a Delta table: column 'two words' is UUID, which Delta does not have",
    ])
    expect((await exportDelta(lake)).problems).toEqual([])
    const third = await publishVersion(lake, 'trips')
    await exportDelta(lake)
    expect(replayed(await deltaLogs(storage), root)).toEqual([
      '',
      pathOf(first),
      'sluiceNotExportable',
      pathOf(third),
    ])
  })

  test('refuses a version that a cleaning has deleted before it was exported', async () => {
    const { storage, lake } = await emptyLake()
    await publishVersion(lake, 'trips', { cleaned: true })
    const second = await publishVersion(lake, 'trips')
    await exportDelta(lake)
    expect(replayed(await deltaLogs(storage), root)).toEqual([
      'sluiceMoved',
      'sluiceVersionDeleted',
      pathOf(second),
    ])
  })

  test('stays when a cleaning deletes old versions', async () => {
    let now = Date.parse('2026-03-01T00:00:00Z')
    const storage = memoryStorage(() => (now += 1000))
    const lake = await lakeOver(storage)
    for (let i = 0; i < 4; i++) await publishVersion(lake, 'trips')
    await exportDelta(lake)
    const before = await deltaLogs(storage)
    const report = await collectGarbage(lake, { retain: 0, grace: 0, keepRuns: 1e15 })
    expect(report.objects).toBeGreaterThan(0)
    expect(await deltaLogs(storage)).toEqual(before)
  })
})

describe('an export', () => {
  /** A history with all that can happen to a table, the same bytes each time it is asked for. */
  async function story() {
    const { storage, lake } = await emptyLake()
    for (let i = 0; i < 5; i++) await publishVersion(lake, i % 2 ? 'trips' : 'zones')
    await setHead(lake, 'trips', 2)
    await setHead(lake, 'zones', null)
    await publishVersion(lake, 'trips', { notebook: 'silver/rides' })
    await publishVersion(lake, 'zones', { columns: [{ name: 'a', type: 'TIME', nullable: true }] })
    await publishVersion(lake, 'zones')
    await lake.env('prod').flush()
    return storage
  }

  async function copyOf(storage: ReturnType<typeof memoryStorage>) {
    const copy = memoryStorage()
    for await (const { key } of storage.list(''))
      await copy.put(key, (await storage.get(key)) ?? new Uint8Array())
    return copy
  }

  test('writes the same bytes whoever makes it, at once or commit by commit, at any time', async () => {
    const storage = await story()
    const [one, two, three] = [await copyOf(storage), await copyOf(storage), await copyOf(storage)]
    await exportDelta(await lakeOver(one))
    await exportDelta(await lakeOver(two, Date.parse('2030-01-01')))
    const logs = await deltaLogs(one)
    expect(Object.keys(logs)).toHaveLength(17)
    expect(await deltaLogs(two)).toEqual(logs)
    const lake = await lakeOver(three)
    await Promise.all([
      exportDelta(lake),
      exportDelta(await lakeOver(three)),
      exportDelta(lake, { again: true }),
    ])
    expect(await deltaLogs(three)).toEqual(logs)
  })

  test('goes on after one that was killed at any of its writes, and writes the same', async () => {
    const storage = await story()
    const whole = await copyOf(storage)
    await exportDelta(await lakeOver(whole))
    const logs = await deltaLogs(whole)
    for (let kill = 0; kill <= Object.keys(logs).length; kill++) {
      const broken = await copyOf(storage)
      let left = kill
      const dying = wrapped(broken, {
        putIfAbsent: async (key, bytes) => {
          if (left-- <= 0) throw new Error('killed')
          return broken.putIfAbsent(key, bytes)
        },
      })
      const died = await exportDelta(await lakeOver(dying)).then(
        () => false,
        () => true,
      )
      expect(died).toBe(kill < Object.keys(logs).length)
      for (const folder of new Set(
        Object.keys(await deltaLogs(broken)).map((key) => key.replace(/_delta_log.*/, '')),
      ))
        replayed(await deltaLogs(broken), folder)
      await exportDelta(await lakeOver(broken))
      expect(await deltaLogs(broken)).toEqual(logs)
    }
  })

  test('is read strictly here: a log with a gap is told', async () => {
    const storage = await story()
    await exportDelta(await lakeOver(storage))
    await storage.delete([layout.deltaLog(root, 1)])
    const logs = await deltaLogs(storage)
    expect(() => replayed(logs, root)).toThrow('is not version 1')
  })

  test('writes again what was removed, when it is told to', async () => {
    const storage = await story()
    await exportDelta(await lakeOver(storage))
    const logs = await deltaLogs(storage)
    await storage.delete([Object.keys(logs)[3] ?? ''])
    await exportDelta(await lakeOver(storage))
    expect(await deltaLogs(storage)).not.toEqual(logs)
    await exportDelta(await lakeOver(storage), { again: true })
    expect(await deltaLogs(storage)).toEqual(logs)
  })

  test('is made anew when the cursor is damaged, or of another log', async () => {
    const storage = await story()
    await exportDelta(await lakeOver(storage))
    const logs = await deltaLogs(storage)
    for (const bad of ['', '{}', '{"commit":3,"id":"x","drops":{}}']) {
      await storage.put(layout.deltaCursor('prod'), Buffer.from(bad))
      await storage.delete(Object.keys(logs))
      await exportDelta(await lakeOver(storage))
      expect(await deltaLogs(storage)).toEqual(logs)
    }
  })

  test('warns of a version that somebody else wrote', async () => {
    const { storage, lake } = await emptyLake()
    await publishVersion(lake, 'trips')
    await exportDelta(lake)
    await storage.put(layout.deltaLog(root, 2), Buffer.from('{"commitInfo":{"engineInfo":"delta-rs"}}\n'))
    await publishVersion(lake, 'trips')
    const { problems } = await exportDelta(lake)
    expect(problems.map(({ code }) => code)).toEqual(['delta/foreign-version'])
  })
})
