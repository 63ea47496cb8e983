import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { collectGarbage } from '../../src/lake/gc.ts'
import { openLake } from '../../src/lake/lake.ts'
import { localStorage } from '../../src/storage/local.ts'
import { Rig } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'

/** A project whose tables have three versions each. */
async function withHistory(): Promise<Rig> {
  const rig = await Rig.open(smallFlow)
  onTestFinished(() => rig.close())
  await rig.run()
  for (const day of [2, 3]) {
    await rig.write({ [`data/day-${day}.csv`]: `id,region,amount,note\n${day}0,east,${day}.00,x\n` })
    expect((await rig.run()).code).toBe(0)
  }
  return rig
}

/** Cleans with rules that the command line does not take: nothing but heads is kept. */
async function cleanAll(rig: Rig) {
  const lake = await openLake(localStorage(rig.path('storage/lake')))
  try {
    return await collectGarbage(lake, { retain: 0, grace: 0, keepRuns: 0 })
  } finally {
    await lake.close()
  }
}

const partsIn = async (rig: Rig) =>
  (await rig.files('storage/lake/tables')).filter((file) => file.endsWith('.parquet')).length

describe('sluice gc', () => {
  test('deletes what no environment has had for a while, and leaves the rest fresh and readable', async () => {
    const rig = await withHistory()
    expect(await partsIn(rig)).toBe(9)
    const report = await cleanAll(rig)
    expect(report.tables).toMatchObject([
      { table: 'bronze.sales', versions: 2 },
      { table: 'gold.report', versions: 2 },
      { table: 'silver.totals', versions: 2 },
    ])
    expect(await partsIn(rig)).toBe(3)
    expect((await rig.run()).outcomes).toEqual({ ingest: 'fresh', totals: 'fresh', report: 'fresh' })
    const shown = await rig.sluice('query', 'SELECT count(*) AS n FROM silver.totals', '--json')
    expect(shown.lines).toEqual([{ n: 3 }])
    expect((await rig.sluice('verify')).code).toBe(0)
    const old = await rig.sluice('show', 'silver.totals@1')
    expect(old.code).toBe(2)
    expect(old.err).toContain("has no 'silver.totals@1': it was deleted by `sluice gc`")
  })

  test('keeps what was published within the time that sluice.yaml says, and says so', async () => {
    const rig = await withHistory()
    const { code, out } = await rig.sluice('gc')
    expect({ code, out }).toMatchInlineSnapshot(`
      {
        "code": 0,
        "out": "Deleted 0 versions (0 B); 18 objects of tables stay.
      Kept: what an environment had within 7d, objects younger than 1d, runs of the last 90d.
      ",
      }
    `)
    expect(await partsIn(rig)).toBe(9)
    const dry = await rig.sluice('gc', '--dry-run')
    expect(dry.out).toContain('Nothing was deleted: this was a dry run.')
  })

  test('removes what killed processes have left beside', async () => {
    const rig = await withHistory()
    const left =
      'storage/lake/tables/bronze/ingest/bronze.sales/x.staging-01234567-89ab-4def-8123-456789abcdef'
    await mkdir(rig.path(left))
    await writeFile(path.join(rig.path(left), 'part-0.parquet'), 'half')
    expect((await cleanAll(rig)).leftovers).toBe(1)
    expect(await rig.files('storage/lake/tables')).not.toContain(path.basename(left))
  })

  test('computes again what the shared cache had, and not from files that are gone', async () => {
    const rig = await withHistory()
    await cleanAll(rig)
    await rig.remove('data/day-3.csv')
    const { code, outcomes } = await rig.run()
    expect(code).toBe(0)
    expect(outcomes).toEqual({ ingest: 'ran', totals: 'ran', report: 'ran' })
  })

  test('takes no length of time under an hour', async () => {
    const rig = await Rig.open({ ...smallFlow, 'sluice.yaml': 'gc:\n  retain: 5m\n  grace: soon\n' })
    onTestFinished(() => rig.close())
    const { code, err } = await rig.sluice('gc')
    expect(code).toBe(2)
    expect(err).toContain("sluice.yaml:2:11: sluice.yaml: `gc.retain`: less than an hour ('1h')")
    expect(err).toContain('sluice.yaml:3:10')
  })

  test('takes no environment: they share files', async () => {
    const rig = await Rig.open(smallFlow)
    onTestFinished(() => rig.close())
    const { code, err } = await rig.sluice('gc', '--env', 'nope')
    expect(code).toBe(2)
    expect(err).toContain('gc cleans the whole lake')
  })

  test('says that there is nothing yet', async () => {
    const rig = await Rig.open(smallFlow)
    onTestFinished(() => rig.close())
    expect(await rig.sluice('gc')).toMatchObject({
      code: 0,
      err: 'There is no lake yet: `sluice run` creates it.\n',
    })
  })
})
