import { expect, test } from 'vitest'
import { gcStory } from '../lake/gc-story.ts'

test('no file that is needed is deleted in 10,000 stories of writers, readers and cleaners', async () => {
  for (let seed = 1001; seed <= 11000; seed++) expect(await gcStory(seed), `seed ${seed}`).toEqual([])
})
