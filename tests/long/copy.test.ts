import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { copyLake } from '../../src/lake/copy-lake.ts'
import { localStorage } from '../../src/storage/local.ts'
import { sluice, startSluice } from '../cli/rig.ts'
import { nightly } from '../crash/seeds.ts'
import { contents, dyingAt, faultsOf, publishWhole, sampleLake } from '../lake/copy-kit.ts'
import { smallFlow } from '../run/small-flow.ts'
import { Rig } from '../run/rig.ts'
import { randomFrom } from '../storage/chance.ts'
import { clouds, openIn } from '../storage/clouds.ts'

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-copy-'))
  folders.push(folder)
  await writeFile(path.join(folder, 'sluice.yaml'), '')
  return folder
}

const kills = nightly ? 200 : 12

test('a copy that is killed at random moments leaves a good lake, and gets to its end', async () => {
  const folder = await newFolder()
  const source = localStorage(path.join(folder, 'a'))
  for (let i = 0; i < 120; i++)
    await publishWhole(source, i % 4 === 0 ? 'dev' : 'prod', `t${i % 5}`, `rows of ${i}`)
  const next = randomFrom(20260131)
  const whole = Object.keys(await contents(source)).length
  let [killed, ended, partly] = [0, 0, 0]
  let target = localStorage(path.join(folder, 'b0'))
  for (let round = 0; killed < kills && ended < kills; round++) {
    const place = path.join(folder, `b${ended}`)
    target = localStorage(place)
    const child = startSluice(['copy', './a', place], { cwd: folder })
    child.stdout.resume()
    child.stderr.resume()
    const timer = setTimeout(() => child.kill('SIGKILL'), 250 + next() * 900)
    const [code] = (await once(child, 'close')) as [number | null]
    clearTimeout(timer)
    if (code === null) killed++
    else ended++
    const there = Object.keys(await contents(target)).length
    if (there > 0 && there < whole) partly++
    expect(await faultsOf(source, target)).toEqual([])
  }
  process.stdout.write(`${killed} copies killed, ${partly} of them midway; ${ended} came to their end\n`)
  expect(partly).toBeGreaterThan(0)
  const last = await sluice(['copy', './a', target.place, '--verify'], { cwd: folder })
  expect(last).toMatchObject({ code: 0, stderr: '' })
  expect(last.stdout).toContain('all is as it was written')
  const withoutLeftovers = await contents(target)
  expect(withoutLeftovers).toEqual(await contents(source))
})

test('a lake that was moved is fresh in its new place', async () => {
  const rig = await Rig.open({
    ...smallFlow,
    'storage/new.yaml': 'kind: local\nroot: elsewhere\n',
  })
  try {
    expect((await rig.run('--env', 'prod')).code).toBe(0)
    expect((await rig.sluice('copy', 'local', 'new')).code).toBe(0)
    await rm(rig.path('storage/lake'), { recursive: true })
    const { outcomes } = await rig.run('--env', 'prod', '--storage', 'new')
    expect(new Set(Object.values(outcomes))).toEqual(new Set(['fresh']))
    const verified = await rig.sluice('verify', '--storage', 'new', '--history')
    expect(verified.code).toBe(0)
    const refused = await rig.sluice('copy', 'new', 'nwe')
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("did you mean 'new'?")])
  } finally {
    await rig.close()
  }
})

test.each(['s3', 'gcs'] as const)(
  'a lake is copied into a bucket (%s), by copies that are killed, and back',
  async (kind) => {
    const cloud = await clouds[kind]()
    onTestFinished(() => cloud.stop())
    const source = await sampleLake(3)
    const there = await openIn(cloud)
    onTestFinished(there.cleanUp)
    let kills = 0
    for (let kill = 0; ; kill += 3, kills++) {
      // The same target all the time: each copy goes on from what the one before has left.
      const died = await copyLake(source, dyingAt(there.storage, kill)).then(
        () => false,
        (error: unknown) => {
          if (error instanceof Error && error.message === 'killed') return true
          throw error
        },
      )
      expect(await faultsOf(source, there.storage)).toEqual([])
      if (!died) break
    }
    expect(kills).toBeGreaterThan(2)
    const back = localStorage(path.join(await newFolder(), 'lake'))
    await copyLake(there.storage, back)
    expect(await contents(back)).toEqual(await contents(there.storage))
    expect(await faultsOf(source, back)).toEqual([])
    await there.storage.close()
  },
)
