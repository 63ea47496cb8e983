import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { nightly } from '../crash/seeds.ts'
import { clouds } from '../storage/clouds.ts'
import type { Needed } from '../storage/upload-memory.ts'

const script = fileURLToPath(new URL('../storage/upload-memory.ts', import.meta.url))
const mb = 2 ** 20
const size = (nightly ? 2000 : 200) * mb

it.each(Object.entries(clouds))('a large table goes to %s and back with flat memory', async (kind, start) => {
  const cloud = await start()
  const project = await mkdtemp(join(tmpdir(), 'sluice-memory-'))
  try {
    const config = { name: kind, kind, project, root: '', options: cloud.options }
    const child = fork(script, [JSON.stringify(config), String(size)], { execArgv: ['--import', 'tsx'] })
    const [needed] = (await once(child, 'message')) as [Needed]
    console.log(
      `${kind}: ${size / mb} MB up with ${Math.round(needed.upload / mb)} MB more memory, down with ${Math.round(needed.download / mb)} MB more`,
    )
    expect(needed.back).toBe(needed.hash)
    expect(needed.upload).toBeLessThan(150 * mb)
    expect(needed.download).toBeLessThan(150 * mb)
  } finally {
    await cloud.stop()
    await rm(project, { recursive: true, force: true })
  }
})
