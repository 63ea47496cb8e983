import { expect, test } from 'vitest'
import { Child } from '../../src/run/child.ts'

interface Calls {
  wait: (ask: null) => number
}

test('calls that end in another order than they began are all answered, each with its own text', async () => {
  const child = new Child<Calls>(new URL('./fixtures/answers-backwards.mjs', import.meta.url))
  const texts: Record<string, string> = { first: '', second: '' }
  const printed = (call: string) => (_: string, text: string) => void (texts[call] += text)
  const answers = await Promise.all([
    child.call('wait', null, { printed: printed('first') }),
    child.call('wait', null, { printed: printed('second') }),
  ])
  await child.close()
  expect(answers).toEqual([1, 2])
  expect(texts).toEqual({ first: 'text of 1text of 1', second: 'text of 2text of 2' })
})
