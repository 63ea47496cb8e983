import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'

/** Kills of a run, each at a moment of its own; the seed makes a failure repeat the same moments. */
const kills = 40
const seed = Number(process.env['SLUICE_SEED'] ?? 20261120)

let rig: Rig | undefined
afterAll(() => rig?.close())

/** Numbers from 0 to 1 (mulberry32, public domain). */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

describe('a run that is killed at any moment', () => {
  it(`loses nothing and leaves nothing half done (${kills} kills, seed ${seed})`, async () => {
    const project = (rig = await Rig.open(smallFlow))
    const random = randomFrom(seed)
    expect((await project.run()).code).toBe(0)
    const ingested = new Set<number>([10.5])
    for (let round = 1; round <= kills; round++) {
      const amount = 10 + round
      await project.write({
        'data/sales.csv': `id,region,amount,note\n1,north,${amount}.00,a\n2,south,20.00,b\n`,
      })
      ingested.add(amount)
      const child = project.start(['run', '--json'])
      await wait(random() * 1800)
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      // What is published is whole: each table is one that some run computed from one version of the file.
      const [north] = await project.query("SELECT amount FROM bronze.sales WHERE region = 'north' LIMIT 1")
      expect([...ingested], `after kill ${round}`).toContain(Number(north?.['amount']))
      const [counts] = await project.query(
        'SELECT (SELECT count(*) FROM silver.totals) AS totals, (SELECT count(*) FROM gold.report) AS lines',
      )
      expect(counts).toEqual({ totals: 2, lines: 2 })
    }
    const last = await project.run()
    expect(last.code, last.out + last.err).toBe(0)
    expect(await project.query('SELECT * FROM gold.report ORDER BY line')).toEqual([
      { line: `NORTH: ${10 + kills}.00` },
      { line: 'SOUTH: 20.00' },
    ])
    expect((await project.run()).outcomes).toEqual({ ingest: 'fresh', totals: 'fresh', report: 'fresh' })
  })
})
