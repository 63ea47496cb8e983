import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { backfill, openLake, run, type RunEvent } from '../../src/index.ts'
import { nightly } from '../crash/seeds.ts'
import { randomFrom } from '../storage/chance.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const project = (lookback: string) => ({
  'package.json': '{ "type": "module" }',
  'sluice.yaml': '',
  'rates.csv': 'rate\n1\n',
  'notebooks/bronze/ingest.ts': `import { notebook, source, sql, table, t } from 'sluice'
export const files = source.csv('raw/{month}/*.csv', { columns: { id: t.integer() } })
export const rows = table('bronze.rows', { month: t.varchar(), id: t.integer() }, { partitionBy: ['month'] })
export default notebook({
  inputs: { files: files.optional() },
  outputs: { rows },
  partition: { by: 'month', every: 'month' },
  select: { rows: ({ files }, _args, { partition }) => sql\`SELECT \${partition.month} AS month, id FROM \${files}\` },
})
`,
  'notebooks/silver/rated.ts': `import { notebook, source, sql, table, t } from 'sluice'
import { rows } from '../bronze/ingest.ts'
export const rates = source.csv('rates.csv', { columns: { rate: t.integer() } })
export const rated = table(
  'silver.rated',
  { month: t.varchar(), id: t.integer(), rate: t.integer() },
  { partitionBy: ['month'] },
)
export default notebook({
  inputs: { rows, rates },
  outputs: { rated },
  partition: { by: 'month', every: 'month'${lookback} },
  select: { rated: ({ rows, rates }) => sql\`SELECT month, id, rate FROM \${rows}, \${rates}\` },
})
`,
  'flows/chain.ts': `import { flow } from 'sluice'
import ingest, { files } from '../notebooks/bronze/ingest.ts'
import rated, { rates } from '../notebooks/silver/rated.ts'
export default flow('chain').source(files.optional()).source(rates).step(ingest).step(rated)
`,
})

const seeds = nightly ? 200 : 2

/** A project whose files change by chance, and what they must come to. */
class Chain {
  readonly folder: string
  readonly raw = new Map<string, number[]>()
  rate = 1
  private constructor(folder: string) {
    this.folder = folder
  }

  static async open(lookback: string): Promise<Chain> {
    const chain = new Chain(await mkdtemp(path.join(tmpdir(), 'sluice-chain-')))
    await mkdir(path.join(chain.folder, 'node_modules'))
    await symlink(root, path.join(chain.folder, 'node_modules/sluice'), 'junction')
    for (const [file, text] of Object.entries(project(lookback))) await chain.write(file, text)
    return chain
  }

  async write(file: string, text: string): Promise<void> {
    await mkdir(path.dirname(path.join(this.folder, file)), { recursive: true })
    await writeFile(path.join(this.folder, file), text)
  }

  async set(file: string, ids: readonly number[]): Promise<void> {
    this.raw.set(file, [...ids])
    if (ids.length === 0) this.raw.delete(file)
    if (ids.length === 0) await rm(path.join(this.folder, file), { force: true })
    else await this.write(file, `id\n${ids.join('\n')}\n`)
  }

  /** `month id rate` of all rows that there must be. */
  expected(): string[] {
    const all = [...this.raw].flatMap(([file, ids]) =>
      ids.map((id) => `${file.split('/')[1]} ${id} ${this.rate}`),
    )
    return all.toSorted()
  }

  months(): Map<string, string> {
    const held = new Map<string, number[]>()
    for (const [file, ids] of this.raw) {
      const month = file.split('/')[1] ?? ''
      held.set(month, [...(held.get(month) ?? []), ...ids])
    }
    return new Map([...held].map(([month, ids]) => [month, ids.toSorted((a, b) => a - b).join()]))
  }

  async rows(): Promise<string[]> {
    const lake = await openLake({ projectRoot: this.folder, env: 'dev' })
    try {
      const rows: string[] = []
      for await (const row of lake.table('silver.rated').rows()) {
        const { month, id, rate } = row as { month: string; id: number; rate: number }
        rows.push(`${month} ${id} ${rate}`)
      }
      return rows.toSorted()
    } finally {
      await lake.close()
    }
  }

  /** Runs the flow; gives the partitions that were computed, by step, and what was told of late rows. */
  async run(): Promise<{ computed: Record<string, string[]>; late: string }> {
    const computed: Record<string, string[]> = {}
    let late = ''
    const onEvent = (event: RunEvent) => {
      if (event.event === 'partition-finished')
        (computed[event.step] ??= []).push(event.partition.slice('month='.length))
      if (event.event === 'notice') late = event.message
      if (event.event === 'step-finished')
        late = event.reasons.find(({ word }) => word === 'late-rows')?.detail ?? late
    }
    const { ok } = await run('chain', { projectRoot: this.folder, env: 'dev', onEvent })
    expect(ok).toBe(true)
    for (const list of Object.values(computed)) list.sort()
    return { computed, late }
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }
}

test(
  `${seeds} random histories of a chain by partition give what computing all anew gives`,
  { timeout: 3_600_000 },
  async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const chance = randomFrom(seed)
      const below = (most: number) => Math.floor(chance() * most)
      const chain = await Chain.open('')
      try {
        let id = 0
        let before = new Map<string, string>()
        for (let moment = 0; moment < 6; moment++) {
          let all = moment === 0
          for (let changes = 1 + below(3); changes > 0; changes--) {
            const file = `raw/2019-0${1 + below(6)}/${'ab'[below(2)]}.csv`
            const kind = below(8)
            if (kind === 0) await chain.set(file, [])
            else if (kind === 1 && moment > 0) {
              chain.rate++
              all = true
              await chain.write('rates.csv', `rate\n${chain.rate}\n`)
            } else await chain.set(file, [...(kind === 2 ? [] : (chain.raw.get(file) ?? [])), ++id, ++id])
          }
          const { computed } = await chain.run()
          expect(await chain.rows(), `seed ${seed}, moment ${moment}`).toEqual(chain.expected())
          const now = chain.months()
          const changed = [...now]
            .flatMap(([month, held]) => (before.get(month) === held ? [] : [month]))
            .toSorted()
          // Only what changed was computed; a rate is read by all partitions of the second step.
          expect(computed['rated'] ?? [], `seed ${seed}, moment ${moment}`).toEqual(
            all ? [...now.keys()].toSorted() : changed,
          )
          expect((computed['ingest'] ?? []).filter((month) => !changed.includes(month)).length).toBeLessThan(
            2,
          )
          before = now
        }
      } finally {
        await chain.close()
      }
    }
  },
)

test('late rows are told in each run until they are backfilled', { timeout: 600_000 }, async () => {
  const chain = await Chain.open(', lookback: 1')
  try {
    for (let month = 1; month <= 4; month++) await chain.set(`raw/2019-0${month}/a.csv`, [month])
    await chain.run()
    await chain.set('raw/2019-01/b.csv', [10, 11])
    await chain.set('raw/2019-02/a.csv', [2, 12])
    const first = await chain.run()
    expect(first.computed['rated']).toBeUndefined()
    expect(first.late).toBe(
      '3 rows of month=2019-01, month=2019-02 came later than the lookback of 1 month: `sluice backfill rated --from 2019-01 --to 2019-02`',
    )
    expect((await chain.run()).late).toBe(first.late)
    expect(await chain.rows()).toHaveLength(chain.expected().length - 3)
    const one = await backfill('rated', {
      projectRoot: chain.folder,
      env: 'dev',
      from: '2019-01',
      to: '2019-01',
    })
    expect(one.partitions).toEqual([{ partition: 'month=2019-01', why: 'late', inputs: ['bronze.rows'] }])
    expect((await chain.run()).late).toContain('1 row of month=2019-02 came later')
    await backfill('silver.rated', { projectRoot: chain.folder, env: 'dev' })
    expect((await chain.run()).late).toBe('')
    expect(await chain.rows()).toEqual(chain.expected())
  } finally {
    await chain.close()
  }
})
