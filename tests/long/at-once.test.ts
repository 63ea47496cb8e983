import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import Libsql from 'libsql'
import { afterEach, describe, expect, it } from 'vitest'
import { nightly } from '../crash/seeds.ts'
import { Rig } from '../run/rig.ts'
import { pausedAt } from './pausing.ts'

let rig: Rig
afterEach(() => rig?.close())

/** A run stands still before the commit of a step: all of it is computed. The first commit of a lake is of no step. */
const beforeCommit = 'before link .*/0*([2-9]|\\d\\d)\\.json'
const prod = ['--env', 'prod']

async function rows(table: string, ...args: string[]): Promise<string[]> {
  const found = await rig.query(`SELECT * FROM ${table} ORDER BY ALL`, ...args)
  return found.map((row) => Object.values(row).join(','))
}

/** What is wrong once all runs have ended: other rows than there must be, and steps that have something to do. */
async function faults(
  tables: Readonly<Record<string, readonly string[]>>,
  ...args: string[]
): Promise<string[]> {
  const found: string[] = []
  for (const [table, wanted] of Object.entries(tables)) {
    const there = await rows(table, ...args)
    if (String(there) !== String(wanted)) found.push(`${table}: ${there.join(' ')}, not ${wanted.join(' ')}`)
  }
  const { outcomes } = await rig.plan(...args)
  return [
    ...found,
    ...Object.entries(outcomes).flatMap(([step, is]) => (is === 'fresh' ? [] : [`${step} is ${is}`])),
  ]
}

const queried = `select: { trips: ({ files }, _args, { partition }) => sql\`SELECT \${partition.month} AS month, id FROM \${files}\` },`

/** A table by month of three files; `more` is how its notebook computes. */
const parted = (more = queried) => ({
  'raw/trips_2019-01.csv': 'id\n1\n',
  'raw/trips_2019-02.csv': 'id\n2\n',
  'raw/trips_2019-03.csv': 'id\n3\n',
  'notebooks/trips.ts': `import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { notebook, source, sql, table, t } from 'sluice'
export const files = source.csv('raw/trips_{month}.csv', { columns: { id: t.integer() } })
const columns = { month: t.varchar(), id: t.integer() }
export const trips = table('bronze.trips', columns, { partitionBy: ['month'], key: ['month', 'id'] })
export default notebook({
  inputs: { files }, outputs: { trips }, partition: { by: 'month', every: 'month' },
  ${more}
})
`,
  'flows/f.ts': `import { flow } from 'sluice'
import trips, { files } from '../notebooks/trips.ts'
export default flow('f').source(files).step(trips)
`,
})
const backfill = (month: string) => ['backfill', 'trips', '--from', month, '--to', month]
const changed = { 'raw/trips_2019-01.csv': 'id\n10\n', 'raw/trips_2019-02.csv': 'id\n20\n' }

/** Processes of a run that have not ended, by their working folder. */
function alive(): string[] {
  const folderOf = (pid: string): string | undefined => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`)
    } catch {
      return undefined
    }
  }
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && folderOf(name) === rig.folder)
}

describe('a step by partition', () => {
  it.each(nightly ? [true, false] : [true])(
    'of which two runs backfill other partitions has both (there before: %s)',
    async (before) => {
      rig = await Rig.open(parted())
      if (before) expect((await rig.run()).code).toBe(0)
      await rig.write(changed)
      const slow = await pausedAt(rig, backfill('2019-01'), [beforeCommit])
      expect((await rig.sluice(...backfill('2019-02'))).code).toBe(0)
      const both = ['2019-01,10', '2019-02,20', ...(before ? ['2019-03,3'] : [])]
      // The same check while one of them is not published.
      expect(await faults({ 'bronze.trips': both })).not.toEqual([])
      const ended = await slow.end()
      expect(ended.code, ended.out).toBe(0)
      expect(await rows('bronze.trips')).toEqual(both)
      await rig.run()
      expect(await faults({ 'bronze.trips': ['2019-01,10', '2019-02,20', '2019-03,3'] })).toEqual([])
    },
  )

  it.each(nightly ? (['backfill', 'run'] as const) : (['backfill'] as const))(
    'loses nothing when a %s is overtaken by the other',
    async (first) => {
      rig = await Rig.open(parted())
      expect((await rig.run()).code).toBe(0)
      await rig.write(changed)
      const commands = { backfill: backfill('2019-01'), run: ['run'] }
      const slow = await pausedAt(rig, commands[first], [beforeCommit])
      expect((await rig.sluice(...commands[first === 'run' ? 'backfill' : 'run'])).code).toBe(0)
      const ended = await slow.end()
      expect(ended.code, ended.out).toBe(0)
      expect(ended.outcomes).toEqual({ trips: first === 'run' ? 'ran' : 'fresh' })
      expect(await faults({ 'bronze.trips': ['2019-01,10', '2019-02,20', '2019-03,3'] })).toEqual([])
    },
  )

  const waits = `expires: '1h', async run({ inputs, outputs, partition }) {
    if (partition.month === '2019-02' && existsSync('hold')) { writeFileSync('begun', ''); await wait(1e8) }
    for await (const { id } of inputs.files.rows()) await outputs.trips.insert({ month: partition.month, id })
  },`
  const ends = [
    ['run', 'SIGINT', 1],
    ['backfill', 'SIGINT', 2],
    ['run', 'SIGKILL', 1],
    ...(nightly
      ? ([
          ['run', 'SIGINT', 2],
          ['backfill', 'SIGINT', 1],
          ['backfill', 'SIGKILL', 1],
        ] as const)
      : []),
  ] as const
  it.each(ends)(
    'that is ended in a %s by %s (%d) stays as it was, and is made up for',
    async (which, signal, times) => {
      rig = await Rig.open(parted(waits))
      expect((await rig.run()).code).toBe(0)
      await rig.write({ ...changed, hold: '' })
      const child = rig.start(which === 'run' ? ['run'] : ['backfill', 'trips'])
      const ended = once(child, 'exit')
      await rig.until('begun')
      for (let n = 0; n < times; n++) child.kill(signal)
      expect(await ended).toEqual(signal === 'SIGINT' ? [130, null] : [null, 'SIGKILL'])
      if (process.platform === 'linux') await expect.poll(alive, { timeout: 30_000 }).toEqual([])
      expect(await rows('bronze.trips')).toEqual(['2019-01,1', '2019-02,2', '2019-03,3'])
      await rig.remove('hold')
      const next = await rig.run()
      expect(next.lines.filter(({ event }) => event === 'partition-finished')).toHaveLength(2)
      expect(await faults({ 'bronze.trips': ['2019-01,10', '2019-02,20', '2019-03,3'] })).toEqual([])
    },
  )

  it('that is tried again after a fault that passes writes no row twice', async () => {
    const failing = `expires: '1h', retries: { times: 1, delay: '1ms' }, async run({ inputs, outputs, partition }) {
    for await (const { id } of inputs.files.rows()) await outputs.trips.insert({ month: partition.month, id })
    appendFileSync('tries', partition.month + ' ')
    if (partition.month === '2019-02' && !existsSync('failed')) { writeFileSync('failed', ''); throw new Error('it passes') }
  },`
    rig = await Rig.open(parted(failing))
    const ended = await rig.run()
    expect(ended.outcomes, ended.out).toEqual({ trips: 'ran' })
    expect((await rig.read('tries')).trim().split(' ').toSorted()).toEqual([
      '2019-01',
      '2019-02',
      '2019-02',
      '2019-03',
    ])
    expect(await rows('bronze.trips')).toEqual(['2019-01,1', '2019-02,2', '2019-03,3'])
  })
})

describe('incremental steps', () => {
  it('add what another run has not, and what it has only once', async () => {
    rig = await Rig.open({
      'data/1.csv': 'id,n\n1,1\n',
      'notebooks/orders.ts': `import { existsSync, writeFileSync } from 'node:fs'
import { notebook, source, t, table } from 'sluice'
const columns = { id: t.integer(), n: t.integer() }
export const files = source.csv('data/*.csv', { name: 'raw.orders', columns, rejects: 'bronze.bad' })
export const orders = table('bronze.orders', columns, { key: ['id'] })
export default notebook({ incremental: 'append', inputs: { files }, outputs: { orders }, expires: '1h',
  retries: { times: 1, delay: '1ms' },
  async run({ inputs, outputs }) {
    for await (const row of inputs.files.changes().added.rows()) await outputs.orders.insert(row)
    if (existsSync('fails-once') && !existsSync('failed')) { writeFileSync('failed', ''); throw new Error('it passes') }
  } })
`,
      'notebooks/sums.ts': `import { notebook, sql, t, table } from 'sluice'
import { orders } from './orders.ts'
export const sums = table('gold.sums', { odd: t.boolean(), total: t.bigint() }, { key: ['odd'] })
export default notebook({ incremental: 'merge', inputs: { orders }, outputs: { sums },
  select: { sums: ({ orders: all }) => sql\`SELECT id % 2 = 1 AS odd, sum(n) AS total FROM \${all}
    WHERE odd IN (SELECT id % 2 = 1 FROM \${all.changes().added} UNION ALL SELECT id % 2 = 1 FROM \${all.changes().removed})
    GROUP BY ALL\` },
  deletes: { sums: ({ orders: all }) => sql\`SELECT id % 2 = 1 AS odd FROM \${all.changes().removed}\` } })
`,
      'flows/f.ts': `import { flow } from 'sluice'
import orders, { files } from '../notebooks/orders.ts'
import sums from '../notebooks/sums.ts'
export default flow('f').source(files).step(orders).step(sums)
`,
    })
    expect((await rig.run()).code).toBe(0)
    // Another run overtakes it before the first commit, then before the second one, and it fails once on the way.
    for (const [at, moments] of [[beforeCommit], [beforeCommit, beforeCommit]].entries()) {
      await rig.write({ [`data/${2 + at * 2}.csv`]: `id,n\n${2 + at * 2},2\nx,1\n`, 'fails-once': '' })
      const slow = await pausedAt(rig, ['run'], moments)
      if (at === 1) await slow.goOn()
      await rig.write({ [`data/${3 + at * 2}.csv`]: `id,n\n${3 + at * 2},3\n` })
      const fast = await rig.run()
      expect(fast.code, fast.out).toBe(0)
      const ended = await slow.end()
      expect(ended.code, ended.out).toBe(0)
    }
    expect(await rig.read('failed')).toBe('')
    const tables = {
      'bronze.orders': ['1,1', '2,2', '3,3', '4,2', '5,3'],
      'gold.sums': ['false,4', 'true,7'],
    }
    expect(await faults(tables)).toEqual([])
    expect(await rows('bronze.bad')).toHaveLength(2)
    expect((await rig.run('--force')).code).toBe(0)
    expect(await faults(tables)).toEqual([])
  })
})

describe('a landing', () => {
  const project = (how: string) => ({
    'landing/orders_1.csv': 'id\n1\n',
    'notebooks/take.ts': `import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { notebook, source, table, t } from 'sluice'
export const raw = source.csv('landing/orders_*.csv', { columns: { id: t.integer() }, archive: true })
export const orders = table('orders', { id: t.integer() })
export default notebook({ ${how} inputs: { raw }, outputs: { orders }, expires: '1h',
  async run({ inputs, outputs }) {
    if (existsSync('hold') && !existsSync('begun')) {
      writeFileSync('begun', '')
      while (!existsSync('go')) await wait(10)
    }
    for await (const row of inputs.raw${how === '' ? '' : '.changes().added'}.rows()) await outputs.orders.insert(row)
  } })
`,
    'flows/f.ts': `import { flow } from 'sluice'
import take, { raw } from '../notebooks/take.ts'
export default flow('f').source(raw).step(take)
`,
  })
  it.each(nightly ? ['', "incremental: 'append',"] : [''])(
    'that another run archives while a step reads it loses no file (%s)',
    async (how) => {
      rig = await Rig.open(project(how))
      expect((await rig.run(...prod)).code).toBe(0)
      await rig.write({ 'landing/orders_2.csv': 'id\n2\n', hold: '' })
      const slow = rig.run(...prod)
      await rig.until('begun')
      // It comes while the slow one computes: only the other has taken it in, and moved it.
      await rig.write({ 'landing/orders_3.csv': 'id\n3\n' })
      expect((await rig.run(...prod)).code).toBe(0)
      expect((await rig.files('landing')).filter((file) => file.endsWith('csv'))).toEqual([])
      await rig.write({ 'landing/orders_4.csv': 'id\n4\n', go: '' })
      const ended = await slow
      expect(ended.code, ended.out).toBe(0)
      expect(await faults({ orders: ['1', '2', '3', '4'] }, ...prod)).toEqual([])
      const archived = (await rig.files('landing_archive')).filter((file) => file.endsWith('csv'))
      expect(archived.map((file) => file.split('/').at(-1) ?? '').toSorted()).toEqual(
        [1, 2, 3, 4].map((n) => `orders_${n}.csv`),
      )
    },
  )
})

describe('a database that grows', () => {
  it('is read by two runs at once, each row once, and the later look stays', async () => {
    rig = await Rig.open({
      'sluice.yaml': 'connections: { db: { kind: sqlite, file: db.sqlite } }\n',
      'notebooks/take.ts': `import { notebook, source, sql, table, t } from 'sluice'
export const raw = source.sqlite({ connection: 'db', table: 'n', highWater: 'id', columns: { id: t.bigint() } })
export const numbers = table('numbers', { id: t.bigint() }, { key: ['id'] })
export default notebook({ incremental: 'append', inputs: { raw }, outputs: { numbers },
  select: { numbers: ({ raw }) => sql\`FROM \${raw.changes().added}\` } })
`,
      'flows/f.ts': `import { flow } from 'sluice'
import take, { raw } from '../notebooks/take.ts'
export default flow('f').source(raw).step(take)
`,
    })
    const grow = (...ids: number[]) => {
      const db = new Libsql(rig.path('db.sqlite'))
      db.exec('CREATE TABLE IF NOT EXISTS n (id INTEGER)')
      for (const id of ids) db.exec(`INSERT INTO n VALUES (${id})`)
      db.close()
    }
    grow(1, 2)
    expect((await rig.run()).code).toBe(0)
    const wanted = ['1', '2']
    const moments = nightly ? [beforeCommit, 'before rename .*kept.json'] : [beforeCommit]
    for (const [at, moment] of moments.entries()) {
      const [one = 0, two = 0, three = 0] = [3, 4, 5].map((n) => n + at * 3)
      grow(one, two)
      const slow = await pausedAt(rig, ['run'], [moment])
      grow(three)
      const fast = await rig.run()
      expect(fast.code, fast.out).toBe(0)
      const ended = await slow.end()
      expect(ended.code, ended.out).toBe(0)
      wanted.push(...[one, two, three].map(String))
      expect(await faults({ numbers: wanted })).toEqual([])
    }
  })
})
