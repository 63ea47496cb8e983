import { expect, test } from 'vitest'
import { keepEvents } from '../../src/report/keep-events.ts'
import { mixed, printed, start } from './events.ts'

test('events are kept as they are', () => {
  const kept = keepEvents()
  mixed.forEach(kept.add)
  expect(kept.all()).toEqual(mixed)
})

test('of a step that prints without end, the end is kept, and one line says how much is not', () => {
  const kept = keepEvents(1000)
  const quiet = printed('b', 'only this\n')
  kept.add(start('a'))
  kept.add(quiet)
  for (let line = 0; line < 10_000; line++) kept.add(printed('a', `line ${line}\n`))
  const events = kept.all()
  const texts = events.flatMap((event) =>
    event.event === 'step-printed' && event.step === 'a' ? event.text : [],
  )
  expect(events).toContain(quiet)
  expect(texts.at(-1)).toBe('line 9999\n')
  expect(texts.join('').length).toBeLessThan(1100)
  const all = Array.from({ length: 10_000 }, (_, line) => `line ${line}\n`.length).reduce(
    (sum, size) => sum + size,
  )
  const left = texts.slice(1).join('').length
  expect(texts[0]).toBe(`... ${(all - left).toLocaleString('en')} characters before this are left out ...\n`)
  expect(
    events.filter((event) => event.event === 'step-printed' && event.text.startsWith('...')),
  ).toHaveLength(1)
})
