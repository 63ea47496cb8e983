import { rm } from 'node:fs/promises'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { collectGarbage } from '../../src/lake/gc.ts'
import { openLake } from '../../src/lake/lake.ts'
import { localStorage } from '../../src/storage/local.ts'
import { partedFlow } from '../run/parted-flow.ts'
import { Rig } from '../run/rig.ts'

async function opened(): Promise<Rig> {
  const rig = await Rig.open(partedFlow)
  onTestFinished(() => rig.close())
  const first = await rig.run()
  expect(first.outcomes, first.out + first.err).toEqual({ trips: 'ran', sums: 'ran' })
  return rig
}

/** The files of a table, by the names that `sluice path` gives them within the lake. */
async function filesOf(rig: Rig, table: string, ...more: string[]): Promise<string[]> {
  const { out, code } = await rig.sluice('path', table, '--json', ...more)
  expect(code).toBe(0)
  return (JSON.parse(out) as string[]).map((file) => path.relative(rig.path('storage'), file))
}

async function rowsOf(rig: Rig, query: string): Promise<unknown[]> {
  const { lines, code } = await rig.sluice('query', query, '--json')
  expect(code).toBe(0)
  return [...lines]
}

const sumsText = 'SELECT day::VARCHAR AS day, large, fare::VARCHAR AS fare FROM gold.sums ORDER BY ALL'

test('partitions that do not change keep their files: through history, gc, verify, repair, restore, promote and copy', async () => {
  const rig = await opened()
  const first = await filesOf(rig, 'silver.trips')
  await rig.write({ 'data/b.csv': 'id,month,fare\n5,2019-02,7\n' })
  const second = await rig.run()
  expect(second.outcomes).toEqual({ trips: 'ran', sums: 'ran' })
  const now = await filesOf(rig, 'silver.trips')
  expect(now.map((file, at) => file === first[at])).toEqual([true, false, true])
  expect(await filesOf(rig, 'silver.trips', '--partition', 'month=2019-02')).toEqual([now[1]])
  expect(await rowsOf(rig, sumsText)).toEqual([
    { day: '2019-01-01', large: false, fare: '7.00' },
    { day: '2019-02-01', large: true, fare: '10.50' },
    { day: '2019-03-01', large: true, fare: '9.00' },
  ])

  const elsewhere = await rig.run('--env', 'other')
  expect(elsewhere.outcomes).toEqual({ trips: 'reused', sums: 'reused' })
  expect(await filesOf(rig, 'silver.trips', '--env', 'other')).toEqual(now)

  const diff = await rig.sluice('diff', 'silver.trips', '1..2', '--json')
  expect(diff.out).toContain('"added"')

  const copied = await rig.sluice('copy', 'local', './elsewhere', '--verify')
  expect(copied.code, copied.out + copied.err).toBe(0)

  const promoted = await rig.sluice('promote', 'dev', '--to', 'prod', '--yes')
  expect(promoted.code, promoted.out + promoted.err).toBe(0)
  expect(await filesOf(rig, 'silver.trips', '--env', 'prod')).toEqual(now)

  const restored = await rig.sluice('restore', 'silver.trips@1')
  expect(restored.code, restored.out + restored.err).toBe(0)
  expect(await filesOf(rig, 'silver.trips')).toEqual(first)
  await rig.sluice('release', 'silver.trips', 'gold.sums')
  const again = await rig.run()
  expect(again.code, again.out + again.err).toBe(0)
  expect(await filesOf(rig, 'silver.trips')).toEqual(now)

  const lake = await openLake(localStorage(rig.path('storage/lake')))
  const cleaned = await collectGarbage(lake, { retain: 0, grace: 0, keepRuns: 0 })
  await lake.close()
  // Only the file of the partition that changed, and the manifest.
  expect(cleaned.objects).toBeGreaterThan(0)
  expect(
    (await rig.files('storage/lake/tables')).filter(
      (file) => file.includes('silver.trips') && file.endsWith('.parquet'),
    ),
  ).toHaveLength(3)
  expect((await rig.sluice('verify')).code).toBe(0)
  expect(await rowsOf(rig, 'SELECT count(*)::INTEGER AS n FROM silver.trips')).toEqual([{ n: 5 }])

  await rm(rig.path(path.join('storage', now[2] ?? '')))
  expect((await rig.sluice('verify')).code).toBe(1)
  // Of one partition no other file is opened: the one that is gone is not missed.
  expect((await rig.sluice('show', 'silver.trips', '--partition', 'month=2019-01')).code).toBe(0)
  expect((await rig.sluice('show', 'silver.trips')).out).not.toContain('2019-01')
  const repaired = await rig.sluice('repair')
  expect(repaired.code, repaired.out + repaired.err).toBe(0)
  const mended = await filesOf(rig, 'silver.trips')
  expect(mended.map((file, at) => file === now[at])).toEqual([true, true, false])
  expect((await rig.sluice('verify')).code).toBe(0)
}, 120_000)

test('a row less empties a partition, a table without rows has none, and another way of parting is another version', async () => {
  const rig = await opened()
  await rig.write({ 'data/a.csv': 'id,month,fare\n1,2019-01,2.50\n' })
  expect((await rig.run()).code).toBe(0)
  const shown = JSON.parse((await rig.sluice('show', 'silver.trips', '--json')).out) as {
    partitions: unknown[]
  }
  expect(shown.partitions).toMatchObject([{ name: 'month=2019-01', rows: 1, files: 1 }])
  await rig.write({ 'data/a.csv': 'id,month,fare\n' })
  const emptied = await rig.run()
  expect(emptied.outcomes, emptied.out + emptied.err).toEqual({ trips: 'ran', sums: 'ran' })
  expect(await rowsOf(rig, 'SELECT count(*)::INTEGER AS n FROM silver.trips')).toEqual([{ n: 0 }])
  expect((await rig.sluice('show', 'silver.trips')).out).toContain('0 rows')
  expect((await rig.sluice('views')).out).toContain('silver')
  await rig.write({ 'data/a.csv': partedFlow['data/a.csv'] })
  await rig.edit('notebooks/trips.ts', ", partitionBy: ['month']", '')
  const whole = await rig.run()
  expect(whole.reasons['trips']).toContain('contract-changed')
  expect(await filesOf(rig, 'silver.trips')).toHaveLength(1)
  const unpartitioned = await rig.sluice('show', 'silver.trips', '--partition', 'month=2019-01')
  expect(unpartitioned.err).toContain('is not partitioned')
}, 120_000)

test('a query opens the files of those partitions only that its conditions ask for', async () => {
  const rig = await opened()
  const [, february = ''] = await filesOf(rig, 'silver.trips')
  await rm(rig.path(path.join('storage', february)))
  const january = `SELECT id FROM silver.trips WHERE month = '2019-01' ORDER BY id`
  expect(await rowsOf(rig, january)).toEqual([{ id: 1 }, { id: 3 }])
  expect(await rowsOf(rig, january.replace('silver.trips', 'silver.trips@1'))).toEqual([{ id: 1 }, { id: 3 }])
  expect(await rowsOf(rig, `SELECT id FROM silver.trips WHERE month > '2019-03'`)).toEqual([])
  const both = await rig.sluice('query', january.replace('=', '<>'))
  expect(both.code).toBe(2)
  expect(both.err).toContain('part-1.parquet')
})
