import { readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { Rig } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'

async function ran(): Promise<Rig> {
  const rig = await Rig.open(smallFlow)
  onTestFinished(() => rig.close())
  expect((await rig.run()).code).toBe(0)
  return rig
}

async function fileOf(rig: Rig, table: string, end: string): Promise<string> {
  const found = (await rig.files('storage/lake')).find(
    (file) => file.includes(`/${table}/`) && file.endsWith(end),
  )
  if (found === undefined) throw new Error(`${table} has no ${end}`)
  return rig.path(`storage/lake/${found}`)
}

/** Flips one bit, and gives the file its times back: what a disk does. */
async function flip(file: string): Promise<void> {
  const { atime, mtime } = await stat(file)
  const bytes = await readFile(file)
  const at = Math.floor(bytes.length / 2)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await writeFile(file, bytes)
  await utimes(file, atime, mtime)
}

test('a lake that is whole is verified, with what was read', async () => {
  const rig = await ran()
  const { code, out } = await rig.sluice('verify')
  expect(code).toBe(0)
  expect(out).toMatch(
    /^Verified 1 environment, \d+ commits, 3 versions, 3 files of \d+(\.\d)? kB: all is as it was written\.\n$/,
  )
})

test('a flipped bit is found and named, and repaired by the step that writes the table', async () => {
  const rig = await ran()
  await flip(await fileOf(rig, 'silver.totals', '.parquet'))
  const found = await rig.sluice('verify')
  expect(found.code).toBe(1)
  expect(found.out).toContain('silver.totals@1 is damaged, the head: `sluice repair` writes it again')
  const dry = await rig.sluice('repair', '--dry-run')
  expect(dry.code).toBe(1)
  expect(dry.out).toContain("silver.totals@1 would be written again by step 'totals' of flow 'sales'")
  const repaired = await rig.sluice('repair')
  expect(repaired.code, repaired.out + repaired.err).toBe(0)
  expect(repaired.out).toContain('all is as it was written')
  const { lines } = await rig.sluice('log', 'silver.totals', '--json')
  expect(lines.map((line) => (line as { kind: string }).kind)).toEqual(['repair', 'publish'])
  expect((await rig.run()).outcomes).toMatchObject({ ingest: 'fresh', totals: 'fresh' })
})

test('a damaged manifest is repaired too', async () => {
  const rig = await ran()
  await flip(await fileOf(rig, 'bronze.sales', 'manifest.json'))
  expect((await rig.sluice('verify')).code).toBe(1)
  expect((await rig.sluice('repair')).code).toBe(0)
  expect((await rig.sluice('verify')).code).toBe(0)
})

test('a damaged commit is told with what can still be read, and is not repaired', async () => {
  const rig = await ran()
  await flip(rig.path('storage/lake/env/dev/log/00000000000000000002.json'))
  const { code, out } = await rig.sluice('verify')
  expect(code).toBe(1)
  expect(out).toContain("'env/dev/log/00000000000000000002.json' is damaged")
  expect((await rig.sluice('repair')).code).toBe(1)
})

test('an old version that is damaged is found with --history only', async () => {
  const rig = await ran()
  await rig.write({ 'data/more.csv': 'id,region,amount,note\n9,east,1.00,x\n' })
  const old = await fileOf(rig, 'silver.totals', '.parquet')
  await rig.run()
  await flip(old)
  expect((await rig.sluice('verify')).code).toBe(0)
  const { code, out } = await rig.sluice('verify', '--history')
  expect(code).toBe(1)
  expect(out).toContain('silver.totals@1 is damaged, an earlier version')
})

test('a step that reads a damaged table fails, publishes nothing, and says what to do', async () => {
  const rig = await ran()
  await flip(await fileOf(rig, 'silver.totals', '.parquet'))
  const { code, out } = await rig.sluice('run', '--select', 'report', '--force')
  expect(code).toBe(1)
  expect(out).toContain("its content is not what was written; it is of 'silver.totals', version ")
  expect(out).toContain('`sluice repair` runs the steps that write it again')
  expect((await rig.sluice('log', 'gold.report', '--json')).lines).toHaveLength(1)
})

test('a damaged version is not reused, nor kept because its rows are said to be the same', async () => {
  const rig = await ran()
  await flip(await fileOf(rig, 'silver.totals', '.parquet'))
  const other = await rig.run('--env', 'other')
  expect(other.outcomes).toEqual({ ingest: 'reused', totals: 'ran', report: 'ran' })
  const again = await rig.run()
  expect(again.outcomes['totals']).toBe('reused')
  expect(again.reasons['totals']).toEqual(['output-changed'])
  expect((await rig.sluice('verify')).code).toBe(0)
})

test('what cannot be made again is told with why, and what is spare is moved away', async () => {
  const rig = await ran()
  await flip(await fileOf(rig, 'bronze.sales', '.parquet'))
  await rig.remove('data/sales.csv')
  expect((await rig.sluice('repair', '--dry-run')).out).toContain(
    "bronze.sales@1 cannot be made again: no file is left of source '",
  )
  const step = (await rig.files('storage/lake')).find((file) => /^steps\/.*json$/.test(file)) ?? ''
  await flip(rig.path(`storage/lake/${step}`))
  expect((await rig.sluice('repair')).out).toContain('1 object moved to quarantine/')
  const files = await rig.files('storage/lake')
  expect(files).not.toContain(step)
  expect(files.some((file) => file.startsWith('quarantine/') && file.endsWith(step))).toBe(true)
  expect((await rig.sluice('verify')).out).not.toContain('shared cache')
})

test('a held table that is damaged is not computed anew', async () => {
  const rig = await ran()
  await rig.write({ 'data/more.csv': 'id,region,amount,note\n9,east,1.00,x\n' })
  const old = await fileOf(rig, 'silver.totals', '.parquet')
  await rig.run()
  await rig.sluice('restore', 'silver.totals@1')
  await flip(old)
  const { code, out } = await rig.sluice('repair')
  expect(code).toBe(1)
  expect(out).toContain('silver.totals@3 cannot be made again: it was restored and is held')
  expect((await rig.sluice('plan')).out).toMatch(/held silver\.totals@3 restored;.* damaged: silver\.totals/)
})
