import { CommanderError } from 'commander'
import { afterEach, expect, test, vi } from 'vitest'
import { InternalError, ProblemError } from '../../src/base/problem.ts'
import type { Cli, Output } from '../../src/cli/cli.ts'
import { tellFailure, tellProblems } from '../../src/cli/failure.ts'
import { plainPaint } from '../../src/report/paint.ts'
import { Cancelled } from '../../src/run/cancel.ts'

afterEach(() => vi.unstubAllEnvs())

/** A command line that keeps what is written. */
function written() {
  const texts = { out: '', err: '' }
  const output = (name: 'out' | 'err'): Output => ({
    write: (text) => void (texts[name] += text),
    data: (text) => void (texts[name] += text),
    paint: plainPaint,
    isTerminal: false,
    width: Infinity,
    stream: process.stdout,
  })
  const cli: Cli = {
    out: output('out'),
    err: output('err'),
    signal: () => new AbortController().signal,
    exit: () => undefined,
  }
  return { cli, texts }
}

function told(error: unknown, json = false) {
  const { cli, texts } = written()
  return { code: tellFailure(error, cli, json), ...texts }
}

test('no problems are no line', () => {
  const { cli, texts } = written()
  tellProblems([], cli, false)
  tellProblems([], cli, true)
  expect(texts).toEqual({ out: '', err: '' })
})

test('problems are exit code 2, with place and hint', () => {
  const error = new ProblemError({
    code: 'flow/cycle',
    message: 'a waits for b',
    where: { file: 'flows/a.ts', line: 3, column: 1 },
    hint: 'break it',
  })
  expect(told(error)).toEqual({
    code: 2,
    out: '',
    err: 'flows/a.ts:3:1: a waits for b [flow/cycle]\n  hint: break it\n',
  })
})

test.each([
  [new Cancelled('cancelled'), 130],
  [new DOMException('stopped', 'AbortError'), 130],
  [new CommanderError(0, 'commander.help', ''), 0],
])('%o is exit code %i, in silence', (error, code) => {
  expect(told(error)).toEqual({ code, out: '', err: '' })
})

test('anything else is a bug of ours, told without its stack', () => {
  const { code, err } = told(new TypeError('x is not a function'))
  expect(code).toBe(2)
  expect(err).toBe(
    'internal error: x is not a function (this is a bug of Sluice: please report it with this text)\n' +
      '  hint: SLUICE_DEBUG=1 shows where it happened\n',
  )
  expect(told(new InternalError('odd')).err.match(/this is a bug/g)?.length).toBe(1)
})

test('with SLUICE_DEBUG=1 its stack is shown', () => {
  vi.stubEnv('SLUICE_DEBUG', '1')
  expect(told(new TypeError('odd')).err).toContain('failure.test.ts')
})
