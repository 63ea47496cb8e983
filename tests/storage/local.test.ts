import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localStorage } from '../../src/storage/local.ts'
import { storageSuite } from './suite.ts'

storageSuite('local', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-local-'))
  const cleanUp = () => rm(folder, { recursive: true, force: true })
  return { storage: localStorage(join(folder, 'not/yet/there')), cleanUp }
})
