import { expect, test } from 'vitest'
import { gcStory, type Wrong } from './gc-story.ts'

test('no file that is needed is deleted, however writers, readers and cleaners interleave', async () => {
  for (let seed = 1; seed <= 250; seed++) expect(await gcStory(seed), `seed ${seed}`).toEqual([])
})

const wrongs: Wrong[] = [
  'commits-past-the-fence',
  'cleans-without-fence',
  'reads-without-pin',
  'opens-no-environment',
  'cleans-without-reading-manifests',
  'commits-without-looking-at-shared-files',
]

test.each(wrongs)('the same stories find a lake that %s', async (wrong) => {
  const found = await firstFault(wrong, 3000)
  expect(found).toBeDefined()
})

test('a cleaning that deletes dropped versions whole is found out by a file that another version shares', async () => {
  const found = await firstFault('cleans-dropped-versions-whole', 20, 'a shared file')
  expect(found).toBeDefined()
})

async function firstFault(wrong: Wrong, seeds: number, text = ''): Promise<string | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    const fault = (await gcStory(seed, wrong)).find((each) => each.includes(text))
    if (fault !== undefined) return `${seed}: ${fault}`
  }
  return undefined
}
