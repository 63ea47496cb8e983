import { afterAll, beforeAll } from 'vitest'
import { clouds, openIn } from '../storage/clouds.ts'
import type { Cloud } from '../storage/clouds.ts'
import { storageSuite } from '../storage/suite.ts'

let cloud: Cloud
beforeAll(async () => {
  cloud = await clouds.s3()
})
afterAll(() => cloud.stop())

storageSuite('s3', () => openIn(cloud))
