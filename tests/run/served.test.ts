import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { openLake } from '../../src/run/open-lake.ts'
import { flipped, harm, keysIn } from '../lake/flips.ts'
import { randomFrom } from '../storage/chance.ts'
import { readFlipped, serveFlipped, twoVersions } from './serve.ts'

async function problemOf(promise: Promise<unknown>): Promise<string> {
  const thrown = await promise.then(
    () => new Error('it was served'),
    (error: unknown) => error,
  )
  const problems = problemsOf(thrown)
  if (problems === undefined) throw thrown
  return problems.map(({ code, message, hint }) => `${code}: ${message}; ${hint ?? ''}`).join('\n')
}

test('after a flipped bit rows are right or refused', async () => {
  const root = await twoVersions()
  const { right, refused, wrong } = await serveFlipped(root, 25, 1)
  expect(wrong).toEqual([])
  expect(right).toBeGreaterThan(0)
  expect(refused).toBeGreaterThan(0)
})

test('without the comparison most flips in data give wrong rows', async () => {
  const root = await twoVersions()
  expect(await readFlipped(root, 60, 2)).toBeGreaterThan(30)
})

test('the Problem names the table, the version and the file, and what to do', async () => {
  const root = await twoVersions()
  const folder = path.join(root, 'storage/lake')
  const key = (await keysIn(folder)).find((each) => /silver\.other\/.*parquet$/.test(each)) ?? ''
  await harm(path.join(folder, key), flipped(randomFrom(3)))
  const lake = await openLake({ projectRoot: root })
  const { version } = await lake.table('silver.other').info()
  expect(await problemOf(lake.table('silver.other').files())).toBe(
    `storage/corrupt: '${key}' is damaged: its content is not what was written; it is of 'silver.other', version ${version}; ` +
      '`sluice verify` lists all that is damaged, `sluice repair` runs the steps that write it again',
  )
  await rm(path.join(folder, key))
  expect(await problemOf(lake.table('silver.other').preview())).toContain('it is missing')
  // Other tables are served still.
  expect((await lake.table('silver.trips').files()).length).toBe(1)
  await lake.close()
})

test('a good manifest of another version is refused, and no older version takes its place', async () => {
  const root = await twoVersions()
  const folder = path.join(root, 'storage/lake')
  const [one = '', two = ''] = (await keysIn(folder)).filter((key) => /silver\.trips\/.*manifest/.test(key))
  await rename(path.join(folder, one), path.join(folder, two))
  const lake = await openLake({ projectRoot: root })
  expect(await problemOf(lake.table('silver.trips').preview())).toContain(
    `'${two}' is damaged: it is the manifest of 'silver.trips', version ${path.basename(path.dirname(one))}`,
  )
  await lake.close()
})

test("a file that is exchanged for another table's is refused", async () => {
  const root = await twoVersions()
  const folder = path.join(root, 'storage/lake')
  const data = (await keysIn(folder)).filter((key) => key.endsWith('.parquet'))
  const other = data.find((key) => key.includes('silver.other')) ?? ''
  const trips = data.findLast((key) => key.includes('silver.trips')) ?? ''
  await rename(path.join(folder, other), path.join(folder, trips))
  const lake = await openLake({ projectRoot: root })
  expect(await problemOf(lake.query('SELECT * FROM silver.trips'))).toContain(`'${trips}' is damaged`)
  await lake.close()
})
