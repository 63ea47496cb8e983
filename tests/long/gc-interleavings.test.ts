import { expect, test } from 'vitest'
import { gcStory } from '../lake/gc-story.ts'

test('no file that is needed is deleted in 3,000 stories of writers, readers and cleaners', async () => {
  for (let seed = 1001; seed <= 4000; seed++) expect(await gcStory(seed), `seed ${seed}`).toEqual([])
})
