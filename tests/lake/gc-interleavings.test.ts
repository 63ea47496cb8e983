import { expect, test } from 'vitest'
import { gcStory, type Wrong } from './gc-story.ts'

test('no file that is needed is deleted, however writers, readers and cleaners interleave', async () => {
  for (let seed = 1; seed <= 300; seed++) expect(await gcStory(seed), `seed ${seed}`).toEqual([])
})

const wrongs: Wrong[] = [
  'commits-past-the-fence',
  'cleans-without-fence',
  'reads-without-pin',
  'opens-no-environment',
]

test.each(wrongs)('the same stories find a lake that %s', async (wrong) => {
  const found = await firstFault(wrong, 3000)
  expect(found).toBeDefined()
})

async function firstFault(wrong: Wrong, seeds: number): Promise<string | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    const [fault] = await gcStory(seed, wrong)
    if (fault !== undefined) return `${seed}: ${fault}`
  }
  return undefined
}
