import { expect, test } from 'vitest'
import { isPlugin, pluginsIn, validatePlugins } from '../../src/flow/plugins.ts'

const run = () => undefined
const good = { name: 'mail', onEvent: run, commands: { mail: { description: 'sends it', run } } }
const find = (...plugins: readonly unknown[]) => plugins.map((plugin, at) => ({ plugin, file: `p${at}.ts` }))

test('a plugin of the right form has no problems', () => {
  expect(validatePlugins(find(good, { name: 'other' }), ['run'])).toEqual([])
})

test.each([
  ['nothing', undefined, 'p0.ts does not export a plugin as its default'],
  ['a function', run, 'p0.ts does not export a plugin as its default'],
  ['no name', {}, 'a plugin of p0.ts has no name'],
  ['a wrong name', { name: 'a b' }, "the plugin name 'a b' may hold only"],
  ['a wrong key', { name: 'a', onEvnt: run }, "plugin 'a' has no use for 'onEvnt'"],
  ['a wrong onEvent', { name: 'a', onEvent: 3 }, "plugin 'a': onEvent is not a function"],
  ['wrong commands', { name: 'a', commands: [] }, "plugin 'a': commands is not an object"],
  [
    'a wrong command name',
    { name: 'a', commands: { '-x': { description: '', run } } },
    "the command '-x' may hold only",
  ],
  ['a command that is none', { name: 'a', commands: { x: run } }, "the command 'x' is not an object"],
  [
    'a command without run',
    { name: 'a', commands: { x: { description: '' } } },
    "the command 'x' has no function run",
  ],
  [
    'a command without description',
    { name: 'a', commands: { x: { run } } },
    "the command 'x' has no description",
  ],
])('%s is a problem that says so', (_, plugin, message) => {
  const problems = validatePlugins(find(plugin), [])
  expect(problems.map(({ code, where }) => [code, where])).toEqual([['plugin/invalid', { file: 'p0.ts' }]])
  expect(problems[0]?.message).toContain(message)
  expect(isPlugin({ plugin, file: 'p0.ts' })).toBe(false)
})

test('a near key is suggested', () => {
  expect(validatePlugins(find({ name: 'a', onEvnt: run }), [])[0]?.hint).toContain("'onEvent'")
})

test('all problems of all plugins come at once', () => {
  expect(validatePlugins(find({}, { name: 'a', onEvent: 1, extra: 2 }), []).length).toBe(3)
})

test('a reserved command, a repeated command and a repeated name are clashes', () => {
  const commands = { run: { description: '', run }, mail: { description: '', run } }
  const problems = validatePlugins(find(good, { name: 'two', commands }, { name: 'mail' }), ['run'])
  expect(problems.map(({ code }) => code)).toEqual(['plugin/clash', 'plugin/clash', 'plugin/clash'])
  expect(problems.map(({ message }) => message)).toEqual([
    "plugin 'two': the command 'run' is taken by Sluice itself",
    "plugin 'two': the command 'mail' is taken by plugin 'mail' of p0.ts",
    "the plugin name 'mail' is taken: p0.ts has it",
  ])
})

test('one plugin that is named twice is no clash', () => {
  expect(validatePlugins(find(good, good), [])).toEqual([])
})

test('a module exports one plugin or a list of them', () => {
  expect(pluginsIn({ default: good }, 'a.ts')).toEqual([{ plugin: good, file: 'a.ts' }])
  expect(pluginsIn({ default: [good, good] }, 'a.ts').length).toBe(2)
  expect(pluginsIn({}, 'a.ts')).toEqual([{ plugin: undefined, file: 'a.ts' }])
})
