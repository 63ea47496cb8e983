import { expect, test } from 'vitest'
import { beginFrom } from '../../src/lake/begin.ts'
import { openLake } from '../../src/lake/lake.ts'
import { isSame, stepHeads } from '../../src/lake/step-heads.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { layout } from '../../src/storage/layout.ts'
import { meta, publish, record, setting, versionsIn, watched } from './rig.ts'

const run = '01kg9wnwvr3c5e7g9j1k3n5q7s'

async function withProd() {
  const { storage, written } = watched(memoryStorage())
  const lake = await openLake(storage)
  const prod = lake.env('prod')
  const steps = { a: { ...record('a', 'f1'), outputs: { a: 'v1' } } }
  await publish(prod, { heads: setting({ a: 'v1' }).heads, steps })
  await publish(prod, setting({ b: 'v2' }))
  written.length = 0
  return { lake, prod, written }
}

test('an environment begins in one commit that points to all heads, and copies nothing', async () => {
  const { lake, prod, written } = await withProd()
  const dev = lake.env('dev')
  const state = await beginFrom(lake, prod, dev, run)
  expect(versionsIn(state)).toEqual({ a: 'v1', b: 'v2' })
  expect(state.origin).toEqual({ env: 'prod', commit: 2 })
  expect(written.map(({ key }) => key)).toEqual([layout.log('dev', 1)])
  expect(state.steps.get('a')).toMatchObject({
    fingerprint: 'f1',
    from: { env: 'prod', commit: 1 },
    commit: 1,
  })
  expect(await dev.entry(1)).toMatchObject({ kind: 'create', source: { env: 'prod', commit: 2 } })
})

test('every later commit repeats the origin, until the environment is deleted', async () => {
  const { lake, prod } = await withProd()
  const dev = lake.env('dev')
  await beginFrom(lake, prod, dev, run)
  await publish(dev, setting({ b: 'v3' }))
  await dev.flush()
  const again = (await openLake(lake.storage)).env('dev')
  expect((await again.state()).origin).toEqual({ env: 'prod', commit: 2 })
  await dev.remove({ run })
  expect((await dev.state()).origin).toBeUndefined()
  expect(versionsIn(await beginFrom(lake, prod, dev, run))).toEqual({ a: 'v1', b: 'v2' })
})

test('of two that begin it at once one does, and both see the same', async () => {
  const { lake, prod } = await withProd()
  const other = (await openLake(lake.storage)).env('dev')
  const states = await Promise.all([
    beginFrom(lake, prod, lake.env('dev'), run),
    beginFrom(lake, prod, other, run),
  ])
  expect(states.map(({ commit }) => commit)).toEqual([1, 1])
  expect(await lake.env('dev').state()).toMatchObject({ commit: 1 })
})

test('nothing stays pinned, and what is there already is left alone', async () => {
  const { lake, prod } = await withProd()
  const dev = lake.env('dev')
  await publish(dev, setting({ c: 'v9' }))
  expect(versionsIn(await beginFrom(lake, prod, dev, run))).toEqual({ c: 'v9' })
  expect(await lake.storage.get(layout.pin(run))).toBeUndefined()
})

test('a head belongs to the last record that names its version', async () => {
  const lake = await openLake(memoryStorage())
  const env = lake.env('dev')
  const both = { ...record('both', 'f1'), outputs: { a: 'v1', b: 'v1' } }
  await publish(env, { heads: setting({ a: 'v1', b: 'v1' }).heads, steps: { 'a,b': both } })
  const alone = { ...record('alone', 'f2'), outputs: { a: 'v2' } }
  const state = await publish(env, { heads: setting({ a: 'v2' }).heads, steps: { a: alone } }, meta)
  const found = stepHeads(state)
  expect([...(found.get('a')?.heads.keys() ?? [])]).toEqual(['a'])
  expect([...(found.get('a,b')?.heads.keys() ?? [])]).toEqual(['b'])
  expect(isSame(found.get('a'), found.get('a'))).toBe(true)
  expect(isSame(found.get('a'), found.get('a,b'))).toBe(false)
})
