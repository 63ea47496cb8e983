import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openStorage } from '../../src/storage/config.ts'
import { clouds } from '../storage/clouds.ts'
import { textOf } from '../storage/objects.ts'
import { s3Server } from '../storage/servers/s3.ts'
import type { S3Server } from '../storage/servers/s3.ts'

const script = fileURLToPath(new URL('../storage/cloud-racer.ts', import.meta.url))
const writers = 4
const keys = 40

/** Lets processes create the same keys; says what is wrong with the outcome. */
async function faultsOf(
  kind: keyof typeof clouds,
  options: object,
  begin?: () => void,
): Promise<Set<string>> {
  const project = await mkdtemp(join(tmpdir(), 'sluice-race-'))
  const config = { name: kind, kind, project, root: '', options: { ...options } }
  const storage = await openStorage(config)
  const children = Array.from({ length: writers }, (_, i) =>
    fork(script, [JSON.stringify(config), String(i), String(keys)], { execArgv: ['--import', 'tsx'] }),
  )
  try {
    // The store is probed once, before the race.
    await storage.putIfAbsent('first', Buffer.from('first'))
    await Promise.all(children.map((child) => once(child, 'message')))
    begin?.()
    const outcomes = Promise.all(
      children.map(async (child) => ((await once(child, 'message')) as [number[]])[0]),
    )
    for (const child of children) child.send('go')
    const won = await outcomes
    const faults = new Set<string>()
    for (let number = 0; number < keys; number++) {
      const winners = won.flatMap((numbers, writer) => (numbers.includes(number) ? [String(writer)] : []))
      if (winners.length !== 1) faults.add(winners.length === 0 ? 'no winner' : 'two winners')
      else if (textOf(await storage.get(`log/${number}`)) !== winners[0]) faults.add("another's bytes")
    }
    return faults
  } finally {
    for (const child of children) child.kill()
    await storage.close()
    await rm(project, { recursive: true, force: true })
  }
}

it.each(Object.entries(clouds))(
  'of processes that create the same keys in %s exactly one wins',
  async (kind, start) => {
    const cloud = await start()
    // Some replies get lost meanwhile: each tenth creation is done, and the connection ends.
    let count = 0
    cloud.server.options = {
      fault: (of) => (of === 'put' && count++ % 10 === 9 ? { after: 'drop' } : undefined),
    }
    expect(await faultsOf(kind as keyof typeof clouds, cloud.options)).toEqual(new Set())
    expect(count).toBeGreaterThan(writers * keys)
    await cloud.stop()
  },
)

it('is caught by this test when the store begins to ignore the condition', async () => {
  const server: S3Server = await s3Server()
  const options = { bucket: 'lake', endpoint: server.url, accessKeyId: 'a', secretAccessKey: 'b' }
  const faults = await faultsOf('s3', options, () =>
    Object.assign(server.options, { ignoresConditions: true }),
  )
  expect(faults).toContain('two winners')
  await server.stop()
})
