import { afterAll, beforeAll, expect, test } from 'vitest'
import { clouds, openIn } from './clouds.ts'
import type { Cloud } from './clouds.ts'
import { storm } from './storm.ts'
import { storageSuite } from './suite.ts'

/** What every driver of a cloud passes: the suite of all storages, and storms of faults. */
export function driverSuite(kind: Cloud['kind']): void {
  let cloud: Cloud
  beforeAll(async () => {
    cloud = await clouds[kind]()
  })
  afterAll(() => cloud.stop())

  storageSuite(kind, () => openIn(cloud))

  test('what was told to be committed in a storm of faults is there once', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const { storage, cleanUp } = await openIn(cloud)
      expect(await storm(storage, seed), `seed ${seed}`).toEqual([])
      await storage.close()
      await cleanUp()
    }
  })
}
