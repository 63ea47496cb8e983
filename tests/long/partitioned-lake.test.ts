import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { collectGarbage } from '../../src/lake/gc.ts'
import { openLake } from '../../src/lake/lake.ts'
import { openStorage, type StorageConfig } from '../../src/storage/config.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { ask, pythonReaders } from '../readers/python.ts'
import { lakeFlow } from '../run/lake-flow.ts'
import { Rig, type Ended } from '../run/rig.ts'
import { clouds } from '../storage/clouds.ts'

const python = await pythonReaders()
const keys = { LAKE_KEY: 'hushone', LAKE_SECRET: 'hushtwo' }

/** A project whose lake is in a folder or a bucket, and what its files must come to. */
class Place {
  readonly rig: Rig
  readonly storage: Storage
  readonly #orders = new Map([[1, ['1,ann,10', '2,bob,20']]])
  readonly #trips = new Map([
    ['2019-01', [1, 2]],
    ['2019-02', [3]],
    ['2019-03', [4]],
  ])
  readonly #wide = Array.from({ length: 240 }, () => 0)

  private constructor(rig: Rig, storage: Storage) {
    this.rig = rig
    this.storage = storage
  }

  static async open(kind: 'local' | 's3'): Promise<Place> {
    const cloud = kind === 's3' ? await clouds.s3() : undefined
    const rig = await Rig.open(lakeFlow)
    onTestFinished(async () => {
      await rig.close()
      await cloud?.stop()
    })
    const options: StorageConfig['options'] = cloud
      ? { ...cloud.options, prefix: 'shared' }
      : { root: 'storage/lake' }
    const hidden = cloud && { accessKeyId: '${env:LAKE_KEY}', secretAccessKey: '${env:LAKE_SECRET}' }
    await rig.write({ 'storage/local.yaml': stringify({ kind, ...options, ...hidden }) })
    const config = { name: 'local', kind, project: rig.folder, root: rig.path('storage/lake'), options }
    return new Place(rig, await openStorage(config))
  }

  async sluice(...args: string[]): Promise<Ended> {
    const ended = await this.rig.with(keys, ...args)
    expect(ended.code, `${args.join(' ')}: ${ended.out}${ended.err}`).toBe(0)
    return ended
  }

  /** A new file to append, rows more in a month, and one of 240 partitions that changes. */
  async change(number: number): Promise<void> {
    const orders = [`${number * 10},ann,${number}`, `${number * 10 + 1},new${number},1`]
    this.#orders.set(number, orders)
    this.#trips.get('2019-02')?.push(number * 10)
    this.#wide[number] = number
    await this.rig.write({
      [`data/orders_${number}.csv`]: `id,customer,amount\n${orders.join('\n')}\n`,
      'raw/2019-02.csv': `id\n${this.#trips.get('2019-02')?.join('\n')}\n`,
      'wide.csv': `k,n\n${this.#wide.map((n, k) => `${k},${n}\n`).join('')}`,
    })
  }

  /** What computing all anew gives from the files that there are. */
  expected(): string[] {
    const orders = [...this.#orders.values()].flat()
    const totals = new Map<string, number>()
    for (const order of orders) {
      const [, customer = '', amount] = order.split(',')
      totals.set(customer, (totals.get(customer) ?? 0) + Number(amount))
    }
    return [
      ...orders.map((order) => `orders ${order}`),
      ...Array.from(totals, ([customer, total]) => `customers ${customer},${total}`),
      ...[...this.#trips].flatMap(([month, ids]) => ids.map((id) => `trips ${month},${id}`)),
      ...this.#wide.map((n, k) => `wide ${k},${n}`),
    ].toSorted()
  }

  /** All rows of all tables, of a version or of the newest. */
  async rows(env: string, at = ''): Promise<string[]> {
    const { lines } = await this.sluice(
      'query',
      `SELECT 'orders ' || id || ',' || customer || ',' || amount AS row FROM bronze.orders${at}
      UNION ALL SELECT 'customers ' || customer || ',' || total FROM gold.customers${at}
      UNION ALL SELECT 'trips ' || month || ',' || id FROM bronze.trips${at}
      UNION ALL SELECT 'wide ' || k || ',' || n FROM silver.wide${at}`,
      '--json',
      '--env',
      env,
    )
    return lines.map((line) => String(line['row'])).toSorted()
  }

  async commit(env: string): Promise<number> {
    const lake = await openLake(this.storage)
    return (await lake.env(env).state()).commit
  }

  async files(text: string): Promise<string[]> {
    const found: string[] = []
    for await (const { key } of this.storage.list('tables/'))
      if (key.includes(text) && key.endsWith('.parquet')) found.push(key)
    return found
  }

  /** Changes a byte, behind all caches. */
  async flip(key: string): Promise<void> {
    const bytes = Buffer.from((await this.storage.get(key)) ?? '')
    bytes[20] = (bytes[20] ?? 0) ^ 0xff
    await this.storage.put(key, bytes)
  }
}

const how = ({ lines }: Ended, step: string) =>
  lines.find((line) => line.event === 'step-finished' && line.step === step)?.['incremental']

test('tables that share files go through promote, rollback, copies and gc of a bucket with their rows', async () => {
  const place = await Place.open('s3')
  await place.sluice('run')
  const first = place.expected()
  await place.sluice('promote', 'dev', '--to', 'prod', '--yes')
  const promoted = await place.commit('prod')
  await place.change(2)
  await place.sluice('run')
  const second = place.expected()
  await place.sluice('promote', 'dev', '--to', 'prod', '--yes')
  expect(await place.rows('prod')).toEqual(second)
  expect(await place.rows('prod', '@1')).toEqual(first)
  expect((await place.files('silver.wide')).length).toBe(241)
  await place.sluice('rollback', 'prod', '--to', String(promoted), '--no-hold', '--yes')
  expect(await place.rows('prod')).toEqual(first)
  const copied = await place.sluice('copy', 'local', './copied', '--verify')
  expect(copied.out).toMatch(/Copied \d+ versions \(24\d files/)
  if (python !== undefined) await readAsDelta(python, place)

  // What was rolled back is computed again, by what changed since, and gives what computing all anew does.
  await place.sluice('env', 'create', 'later', '--from', 'prod')
  await place.change(3)
  const again = await place.sluice('run', '--env', 'prod', '--json')
  expect(await place.rows('prod')).toEqual(place.expected())
  expect(how(again, 'orders')).toMatchObject({ changes: { files: { files: 2 } } })
  await place.change(4)
  await place.sluice('run', '--env', 'later')
  expect(await place.rows('later')).toEqual(place.expected())

  // Of versions that no environment has, all goes but the files that others share.
  const third = await place.rows('prod')
  await place.sluice('env', 'delete', 'later', '--yes')
  const cleaned = await collectGarbage(await openLake(place.storage), { retain: 0, grace: 0, keepRuns: 0 })
  expect(cleaned.objects).toBeGreaterThan(5)
  expect(await place.rows('prod')).toEqual(third)
  expect(await place.rows('dev')).toEqual(second)
  expect((await place.sluice('verify', '--history')).out).toMatch(/were deleted by gc: all is as/)
})

test.each(['local', 's3'] as const)(
  'in %s, repair mends a damaged file that versions share',
  async (kind) => {
    const place = await Place.open(kind)
    await place.sluice('run')
    await place.change(2)
    await place.sluice('run')
    for (const table of ['silver.wide', 'bronze.trips', 'bronze.orders'])
      await place.flip((await place.files(table))[0] ?? '')
    const found = await place.rig.with(keys, 'verify', '--history')
    expect(found.code).toBe(1)
    for (const version of ['silver.wide@1', 'silver.wide@2', 'bronze.trips@1', 'bronze.orders@2'])
      expect(found.out).toContain(`${version} is damaged`)
    const repaired = await place.sluice('repair')
    expect(repaired.out).toContain('silver.wide@2 was written again')
    expect(await place.rows('dev')).toEqual(place.expected())
    // Only what was damaged is new.
    expect(await place.files('silver.wide')).toHaveLength(242)
    // Nobody reuses what is damaged.
    await place.sluice('run', '--env', 'other')
    expect((await place.sluice('verify')).out).toContain('all is as it was written')
  },
)

/** The tables of the copied lake, as other programs read them: the newest version is the first one. */
async function readAsDelta(program: string, { rig }: Place): Promise<void> {
  const at = (table: string) => rig.path(path.join('copied/tables', table))
  const [orders, wide, before] = await ask<{ polars: { rows: unknown[] }; deltalake: { rows: unknown[] } }>(
    program,
    [
      { path: at('orders/bronze.orders') },
      { path: at('wide/silver.wide') },
      { path: at('wide/silver.wide'), version: 2 },
    ],
  )
  for (const reader of ['polars', 'deltalake'] as const) {
    expect(orders?.[reader].rows).toEqual([
      ['1', 'ann', '10'],
      ['2', 'bob', '20'],
    ])
    expect(wide?.[reader].rows).toHaveLength(240)
    expect(wide?.[reader].rows).not.toContainEqual(['2', '2'])
    expect(before?.[reader].rows).toContainEqual(['2', '2'])
  }
}
