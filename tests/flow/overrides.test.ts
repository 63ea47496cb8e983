import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { notebook } from '../../src/index.ts'
import { declared, described, lines, loose } from './kit.ts'

const typed = notebook({
  name: 'typed',
  args: z
    .object({
      text: z.string(),
      number: z.number(),
      int: z.int(),
      big: z.bigint(),
      flag: z.boolean(),
      day: z.date(),
      list: z.array(z.number()),
      object: z.object({ a: z.number() }),
      mode: z.enum(['a', 'b']),
      level: z.union([z.literal(1), z.literal(2)]),
      maybe: z.number().nullable(),
      either: z.union([z.number(), z.string()]),
      iso: z.iso.datetime(),
    })
    .partial(),
  run() {},
})

const given = (name: string, text: string) => described(loose('x', typed), { overrides: { [name]: text } })

describe('an arg of the command line', () => {
  it.each([
    ['text', '007', '007'],
    ['text', 'true', 'true'],
    ['number', '1e3', 1000],
    ['number', '-.5', -0.5],
    ['int', '42', 42],
    ['big', '9007199254740993', { $bigint: '9007199254740993' }],
    ['flag', 'yes', true],
    ['flag', 'FALSE', false],
    ['flag', '0', false],
    ['day', '2024-02-29', { $date: '2024-02-29T00:00:00.000Z' }],
    ['day', '2024-02-29T12:30', { $date: '2024-02-29T12:30:00.000Z' }],
    ['day', '2024-02-29T12:30:00+02:00', { $date: '2024-02-29T10:30:00.000Z' }],
    ['list', '[1,2]', [1, 2]],
    ['object', '{"a":1}', { a: 1 }],
    ['mode', 'b', 'b'],
    ['level', '2', 2],
    ['maybe', 'null', null],
    ['maybe', '3', 3],
    ['either', '3', 3],
    ['either', 'three', 'three'],
    ['iso', '2024-02-29T12:30:00Z', '2024-02-29T12:30:00Z'],
  ])('%s=%s', (name, text, value) => {
    const { flow, problems } = given(name, text)
    expect(problems).toEqual([])
    expect(flow?.steps[0]?.args).toEqual({ [name]: value })
    expect(flow?.steps[0]?.overrides).toEqual([name])
  })

  it.each([
    ['number', '', 'a number'],
    ['number', '0x10', 'a number'],
    ['number', '1 000', 'a number'],
    ['number', 'Infinity', 'a number'],
    ['int', '1.5', 'a whole number'],
    ['int', '9007199254740993', 'a whole number'],
    ['big', '1.0', 'a whole number'],
    ['flag', 'on', 'true or false'],
    ['day', '2024-02-30', 'a day or moment, such as 2024-01-31 or 2024-01-31T12:00:00Z'],
    ['list', '1,2', 'a list in JSON'],
    ['object', '[1]', 'an object in JSON'],
    ['mode', 'c', 'one of a, b'],
    ['maybe', 'x', 'a number or null'],
  ])('%s=%s is refused', (name, text, expected) => {
    expect(lines(given(name, text).problems)).toContain(
      `notebook/args-invalid: step 'typed': arg '${name}' of the command line is not ${expected}`,
    )
  })

  const second = notebook({ name: 'second', args: z.object({ number: z.number().default(1) }), run() {} })

  it('goes to every step that takes it, over what the flow says', () => {
    const both = loose('x', [typed, { args: { number: 5 } }], second)
    const { steps } = declared(both, { overrides: { number: '7' } })
    expect(steps.map(({ args }) => args)).toEqual([{ number: 7 }, { number: 7 }])
  })

  it('goes to one step by its name', () => {
    const { steps } = declared(loose('x', typed, second), {
      overrides: { number: '7', 'second.number': '8' },
    })
    expect(steps.map(({ args }) => args)).toEqual([{ number: 7 }, { number: 8 }])
    expect(steps.map(({ overrides }) => overrides)).toEqual([['number'], ['number']])
  })

  it('is a Problem when no step takes it', () => {
    const { problems } = given('nmber', '1')
    expect(lines(problems)).toEqual([`project/usage: no step of flow 'x' takes the arg 'nmber'`])
    expect(problems[0]?.hint).toContain(`'number'`)
    expect(lines(given('second.number', '1').problems)).toEqual([
      `project/usage: no step of flow 'x' takes the arg 'second.number'`,
    ])
  })

  it('named as a part of every object is no arg', () => {
    expect(lines(given('constructor', '1').problems)).toEqual([
      `project/usage: no step of flow 'x' takes the arg 'constructor'`,
    ])
  })
})
