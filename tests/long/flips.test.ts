import { copyFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { keysIn } from '../lake/flips.ts'
import {
  addFile,
  busyLake,
  bySize,
  guarded,
  lakeFolder,
  missed,
  toldOf,
  verified,
} from '../run/flipped-lake.ts'

test('flipped bits and cuts anywhere in a lake are found, and not by sizes', async () => {
  const root = await busyLake()
  expect(await toldOf(root, verified)).toBe('')
  const keys = await guarded(root)
  for (const part of [
    'sluice.json',
    '/log/',
    '/checkpoint/',
    'steps/',
    'manifest.json',
    'digest-',
    '.parquet',
  ])
    expect([part, keys.some((key) => key.includes(part))]).toEqual([part, true])
  expect(await missed(root, { flips: 60, cuts: 20, seed: 1 }, verified)).toEqual([])
  expect((await missed(root, { flips: 60, seed: 1 }, bySize)).length).toBeGreaterThan(30)
  expect(await toldOf(root, verified)).toBe('')
})

test('objects that are exchanged, gone or added are found', async () => {
  const root = await busyLake()
  const folder = lakeFolder(root)
  const keys = await keysIn(folder)
  const of = (part: string, from = keys) => from.find((key) => key.includes(part)) ?? ''
  const data = keys.filter((key) => key.endsWith('.parquet'))
  const manifests = keys.filter((key) => key.endsWith('manifest.json'))
  const exchanged: readonly [string, string][] = [
    [of('gold.c', data.toReversed()), of('bronze.a', data)],
    [of('gold.c', manifests), of('bronze.a', manifests)],
    [of('env/dev/log/00000000000000000003'), of('env/dev/log/00000000000000000002')],
    [of('env/prod/log/00000000000000000001'), of('env/dev/log/00000000000000000001')],
    ...keys
      .filter((key) => key.startsWith('steps/'))
      .slice(0, 2)
      .map((key): [string, string] => [of('steps/'), key]),
  ]
  for (const [from, to] of exchanged) {
    if (from === to) continue
    await copyFile(path.join(folder, to), path.join(folder, 'kept'))
    await copyFile(path.join(folder, from), path.join(folder, to))
    expect(await toldOf(root, verified)).toContain(`'${to}'`)
    await copyFile(path.join(folder, 'kept'), path.join(folder, to))
  }
  const stray = of('silver.b', data).replace('part-0', 'part-1')
  await addFile(root, stray)
  expect(await toldOf(root, verified)).toContain(`'${stray}' is damaged: no manifest names it`)
  await rm(path.join(folder, stray))
  expect(await toldOf(root, verified)).toBe('')
  const last = keys.findLast((key) => key.startsWith('env/dev/log/')) ?? ''
  for (const key of [
    of('silver.b', data),
    of('silver.b', manifests),
    of('log/00000000000000000004'),
    of('/checkpoint/'),
    last,
  ]) {
    await copyFile(path.join(folder, key), path.join(folder, 'kept'))
    await rm(path.join(folder, key))
    expect(await toldOf(root, verified)).toContain(`'${key}'`)
    await copyFile(path.join(folder, 'kept'), path.join(folder, key))
  }
})
