import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { memoryStorage } from '../../src/storage/memory.ts'
import { storageSuite } from './suite.ts'

storageSuite('memory', async () => ({ storage: memoryStorage() }))

it('removes its temporary folder when it is closed', async () => {
  const storage = memoryStorage()
  const folder = dirname(await storage.stage('a/'))
  expect((await stat(folder)).mode & 0o077).toBe(0)
  await storage.close()
  await expect(stat(folder)).rejects.toThrow('ENOENT')
})
