import { hostname } from 'node:os'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Rig } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'
import { s3Server } from '../storage/servers/s3.ts'

const settings = `branches:
  - { branch: '*', env: 'dev_{branch}' }
environments:
  'dev_*': { from: prod }
`

async function project(files: { readonly [file: string]: string } = {}): Promise<Rig> {
  const rig = await Rig.open({ ...smallFlow, ...files })
  onTestFinished(() => rig.close())
  return rig
}

const parquet = async (rig: Rig) =>
  (await rig.files('storage/lake/tables')).filter((file) => file.endsWith('.parquet')).toSorted()

test('a branch runs in its own environment, is promoted in one commit, and rolled back in one', async () => {
  const rig = await project({ 'sluice.yaml': settings, '.git/HEAD': 'ref: refs/heads/feature/fares\n' })
  await rig.run('--env', 'prod')
  const files = await parquet(rig)

  const first = await rig.run()
  expect(first.outcomes).toEqual({ ingest: 'fresh', totals: 'fresh', report: 'fresh' })
  expect(first.lines.find(({ event }) => event === 'notice')?.['message']).toBe(
    "environment 'dev_feature-fares' begins as prod at commit 4: 3 tables",
  )
  expect(await parquet(rig)).toEqual(files)

  await rig.edit('notebooks/silver/totals.ts', 'sum(amount)', 'sum(amount) + 1')
  expect((await rig.run()).outcomes).toEqual({ ingest: 'fresh', totals: 'ran', report: 'ran' })
  expect((await rig.plan('--env', 'prod')).outcomes).toMatchObject({ totals: 'stale' })

  const env = 'dev_feature-fares'
  const part = await rig.sluice('promote', env, '--to', 'prod', '--tables', 'gold.report', '--yes')
  expect(part.code).toBe(1)
  expect(part.err).toContain(`sluice promote ${env} --to prod --tables gold.report,silver.totals`)
  expect((await rig.sluice('promote', env, '--to', 'prod')).code).toBe(2)

  const looked = await rig.sluice('promote', env, '--to', 'prod', '--dry-run')
  expect(looked.code).toBe(0)
  expect(looked.out).toMatch(/silver\.totals +@1 +@2 +2 +2 changed/)
  const done = await rig.sluice('promote', env, '--to', 'prod', '--yes', '--json')
  expect(done.lines).toMatchObject([{ outcome: 'promoted', commit: 5 }])

  const prod = await rig.run('--env', 'prod')
  expect(prod.outcomes).toEqual({ ingest: 'fresh', totals: 'fresh', report: 'fresh' })
  const totals = await rig.sluice('explain', 'totals', '--env', 'prod')
  expect(totals.out).toContain(`and came here from ${env} at commit 2`)
  expect((await rig.sluice('log', '--env', 'prod')).out).toContain(`from ${env} at 3`)

  expect((await rig.sluice('rollback', 'prod', '--to', '4', '--yes')).code).toBe(0)
  const held = await rig.run('--env', 'prod')
  expect(held.outcomes).toEqual({ ingest: 'fresh', totals: 'fresh', report: 'fresh' })
  const sum = 'SELECT sum(total) AS total FROM silver.totals'
  expect(await rig.query(sum, '--env', 'prod')).toEqual([{ total: '35.75' }])
  const again = await rig.sluice('promote', env, '--to', 'prod', '--yes')
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('promote/target-moved')])
})

test('an environment of promoteOnly takes no run, and a protected one no default', async () => {
  const rig = await project({
    'sluice.yaml': `promoteOnly: [live]\nbranches: [{ branch: main, env: prod }]\n`,
    '.git/HEAD': 'ref: refs/heads/main\n',
  })
  const refused = await rig.run('--env', 'live')
  expect([refused.code, refused.out]).toEqual([2, expect.stringContaining('only promotes')])
  const byBranch = await rig.run()
  expect([byBranch.code, byBranch.out]).toEqual([2, expect.stringContaining("by branch 'main'")])
  await rig.run('--env', 'prod')
  expect((await rig.sluice('promote', 'prod', '--to', 'live', '--yes')).code).toBe(0)
  expect((await rig.plan('--env', 'live')).outcomes).toEqual({
    ingest: 'fresh',
    totals: 'fresh',
    report: 'fresh',
  })
  expect((await rig.sluice('tables')).out).toContain('gold.report@1')
})

test('what one checkout computed another reuses, and says whose it is; damage is computed again', async () => {
  const lake = await project()
  const shared = { 'storage/local.yaml': `kind: local\nroot: ${lake.path('shared')}\n` }
  const [one, two, three] = [await project(shared), await project(shared), await project(shared)]
  await one.run('--env', 'a')
  expect((await two.run('--env', 'b')).outcomes).toEqual({
    ingest: 'reused',
    totals: 'reused',
    report: 'reused',
  })
  const why = await two.sluice('explain', 'totals', '--env', 'b')
  expect(why.out).toMatch(
    new RegExp(`by run [0-9a-z]{26} in environment a on ${hostname()}, and reused: fingerprint [0-9a-f]{12}`),
  )

  const [file = ''] = (await lake.files('shared/tables')).filter((name) =>
    /silver\.totals.*parquet$/.test(name),
  )
  const handle = await open(path.join(lake.path('shared/tables'), file), 'r+')
  await handle.write(Buffer.from([0xff]), 0, 1, 200)
  await handle.close()
  const mended = await three.run('--env', 'c')
  expect(mended.outcomes).toEqual({ ingest: 'reused', totals: 'ran', report: 'ran' })
  expect((await two.run('--env', 'd')).outcomes).toEqual({
    ingest: 'reused',
    totals: 'reused',
    report: 'reused',
  })
  expect((await two.run('--env', 'e', '--no-cache')).outcomes).toEqual({
    ingest: 'ran',
    totals: 'ran',
    report: 'ran',
  })
})

test('two checkouts over one bucket share what was computed, and environments', async () => {
  const server = await s3Server()
  onTestFinished(() => server.stop())
  const bucket = `kind: s3
bucket: lake
endpoint: ${server.url}
accessKeyId: \${env:LAKE_KEY}
secretAccessKey: \${env:LAKE_SECRET}
`
  const keys = { LAKE_KEY: 'one', LAKE_SECRET: 'two' }
  const [one, two] = [await project(), await project()]
  for (const rig of [one, two]) await rig.write({ 'storage/local.yaml': bucket, 'sluice.yaml': settings })
  const outcomes = async (rig: Rig, ...words: string[]) => {
    const { lines } = await rig.with(keys, 'run', '--json', ...words)
    return lines.flatMap(({ event, outcome }) => (event === 'step-finished' ? [outcome] : []))
  }
  expect(await outcomes(one, '--env', 'prod')).toEqual(['ran', 'ran', 'ran'])
  expect(await outcomes(two, '--env', 'other')).toEqual(['reused', 'reused', 'reused'])
  expect(await outcomes(two, '--env', 'dev_x')).toEqual(['fresh', 'fresh', 'fresh'])
  await two.edit('notebooks/silver/totals.ts', 'sum(amount)', 'sum(amount) + 1')
  expect(await outcomes(two, '--env', 'dev_x')).toEqual(['fresh', 'ran', 'ran'])
  const promoted = await two.with(keys, 'promote', 'dev_x', '--to', 'prod', '--yes')
  expect([promoted.code, promoted.out]).toEqual([0, expect.stringContaining('2 changed')])
  // The first checkout still has the old code: what it sees is that prod was computed by other code.
  const seen = await one.with(
    keys,
    'query',
    'SELECT sum(total) AS total FROM silver.totals',
    '--env',
    'prod',
    '--json',
  )
  expect(seen.lines).toEqual([{ total: '37.75' }])
})
