import { afterAll, beforeAll, expect, test } from 'vitest'
import { clouds, openIn } from '../storage/clouds.ts'
import type { Cloud } from '../storage/clouds.ts'
import { storm } from '../storage/storm.ts'
import { storageSuite } from '../storage/suite.ts'

let cloud: Cloud
beforeAll(async () => {
  cloud = await clouds.azure()
})
afterAll(() => cloud.stop())

storageSuite('azure', () => openIn(cloud))

test('what was told to be committed in a storm of faults is there once', async () => {
  for (let seed = 1; seed <= 3; seed++) {
    const { storage, cleanUp } = await openIn(cloud)
    expect(await storm(storage, seed), `seed ${seed}`).toEqual([])
    await storage.close()
    await cleanUp()
  }
})
