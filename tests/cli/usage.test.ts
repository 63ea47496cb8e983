import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { emptyFolder, sluice } from './rig.ts'

test('--version tells the version of the package', async () => {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string
  }
  expect(await sluice(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test.each([[[]], [['--help']], [['help']], [['help', 'help']]])('%j lists the commands', async (words) => {
  const { code, stdout, stderr } = await sluice(words)
  expect([code, stderr]).toEqual([0, ''])
  for (const command of [
    'init',
    'run',
    'plan',
    'explain',
    'tables',
    'show',
    'query',
    'path',
    'log',
    'runs',
    'lineage',
  ]) {
    expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
  }
  expect(stdout).toContain('130 cancelled')
})

test.each(['run', 'plan', 'explain', 'tables', 'show', 'query', 'path', 'log', 'runs', 'lineage', 'init'])(
  '%s --help tells its options',
  async (command) => {
    const { code, stdout, stderr } = await sluice([command, '--help'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`Usage: sluice ${command}`)
  },
)

test.each([
  [['rnu'], "unknown command 'rnu' [project/usage]", 'did you mean run?'],
  [['run', '--forec'], "unknown option '--forec' [project/usage]", 'did you mean --force?'],
  [['explain'], "missing required argument 'step' [project/usage]", '`sluice explain --help` tells'],
  [['tables', 'extra'], 'too many arguments', '`sluice tables --help` tells'],
  [['new', 'table'], "required option '--from <file>' not specified", '`sluice new table --help` tells'],
  [['help', 'rnu'], "unknown command 'rnu' [project/usage]", 'did you mean run?'],
  [['help', 'xyz'], "unknown command 'xyz' [project/usage]", '`sluice --help` tells'],
  [['run', '--concurrency', '0'], '--concurrency 0: a whole number of at least 1 is expected', undefined],
  [['plan', '--arg', 'year'], '--arg year: this is not name=value', 'write --arg year=...'],
  [['query', 'select 1', '--json', '--csv'], 'say --json or --csv, not both', undefined],
])('%j is wrong usage, and says what is meant', async (words, message, hint) => {
  const { code, stdout, stderr } = await sluice(words)
  expect(code).toBe(2)
  if (words.includes('--json')) return expect(JSON.parse(stdout)).toMatchObject({ problem: { message } })
  expect(stdout).toBe('')
  expect(stderr).toContain(message)
  if (hint !== undefined) expect(stderr).toContain(hint)
})

test.each([
  [['help', 'run'], 'Usage: sluice run'],
  [['help', 'new', 'table'], 'Usage: sluice new table'],
])('%j tells the options of that command', async (words, text) => {
  const { code, stdout } = await sluice(words)
  expect([code, stdout.startsWith(text)]).toEqual([0, true])
})

test('with --json a problem is a line of JSON on stdout', async () => {
  const { code, stdout, stderr } = await sluice(['plan', '--arg', 'year', '--json'])
  expect([code, stderr]).toEqual([2, ''])
  expect(JSON.parse(stdout)).toEqual({
    problem: {
      code: 'project/usage',
      message: '--arg year: this is not name=value',
      hint: 'write --arg year=...',
    },
  })
})

test.each(['run', 'plan', 'tables', 'runs', 'lineage'])(
  '%s outside of a project says so',
  async (command) => {
    const cwd = await emptyFolder()
    const { code, stdout, stderr } = await sluice([command], { cwd })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`no Sluice project in ${cwd} or above it [project/not-found]`)
    expect(stderr).toContain('hint:')
  },
)

test('an unknown command outside of a project is only unknown', async () => {
  const { code, stderr } = await sluice(['deploy'], { cwd: await emptyFolder() })
  expect(code).toBe(2)
  expect(stderr).toContain("unknown command 'deploy'")
})
