import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Problem } from '../../src/base/problem.ts'
import { githubAnnotations } from '../../src/report/github.ts'
import { checked, finish, mixed, started } from './events.ts'

const told = (problems: readonly Problem[]) => ({ events: [], problems })
const linesOf = (problems: readonly Problem[]) => githubAnnotations(told(problems)).split('\n').slice(0, -1)

/** Reads a command as the runner of GitHub Actions does. */
function command(line: string) {
  const [, kind = '', properties = '', data = ''] = /^::(\w+) ([^:]*)::(.*)$/.exec(line) ?? []
  const unescape = (text: string) =>
    text
      .replaceAll('%0D', '\r')
      .replaceAll('%0A', '\n')
      .replaceAll('%3A', ':')
      .replaceAll('%2C', ',')
      .replaceAll('%25', '%')
  const pairs = properties.split(',').map((pair) => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), unescape(pair.slice(at + 1))]
  })
  return { kind, ...(Object.fromEntries(pairs) as { [name: string]: string }), message: unescape(data) }
}

test('what failed in a run is an annotation at its place', () => {
  expect(githubAnnotations({ events: mixed, problems: [] })).toBe(
    "::error file=notebooks/clean_trips.ts,line=7,col=3,title=contract/check::table 'silver.trips': 3 rows break the check fare >= 0%0Ahint: leave such rows out in the query\n",
  )
})

test('files are named from the root of the repository', () => {
  const problem: Problem = { code: 'flow/cycle', message: 'm', where: { file: 'flows/a.ts', line: 1 } }
  expect(githubAnnotations({ ...told([problem]), within: 'data/shop' })).toContain(
    'file=data/shop/flows/a.ts,',
  )
  const outside = { ...problem, where: { file: '/elsewhere/a.ts' } }
  expect(githubAnnotations({ ...told([outside]), within: 'data/shop' })).toContain('file=/elsewhere/a.ts,')
})

test('a file from the web is no file of the repository: its address stands in the text', () => {
  const problem: Problem = {
    code: 'source/value',
    message: 'm',
    where: { file: 'https://a.org/b.csv', line: 3 },
  }
  expect(githubAnnotations({ ...told([problem]), within: 'data/shop' })).toBe(
    '::error title=source/value::https://a.org/b.csv:3: m\n',
  )
})

test('whatever a message or a file is called, it is one line that the runner reads back', () => {
  const text = fc.string({
    unit: fc.constantFrom('%', ':', ',', '\n', '=', '0A', '25', '::', 'é', '😀', ' ', 'a'),
  })
  fc.assert(
    fc.property(text, text, (message, file) => {
      const lines = linesOf([{ code: 'step/threw', message, where: { file, line: 1, column: 2 } }])
      expect(lines).toHaveLength(1)
      expect(command(lines[0] ?? '')).toEqual({
        kind: 'error',
        file,
        line: '1',
        col: '2',
        title: 'step/threw',
        message,
      })
    }),
  )
})

test('colours and control characters are taken out', () => {
  const [line = ''] = linesOf([
    { code: 'step/threw', message: 'a\u001b[31mb\u001b[0m\r\n::warning::c\u0007' },
  ])
  expect(line).toBe('::error title=step/threw::ab%0A::warning::c\ufffd')
})

test('of more than ten, nine are shown and the last says how many there are more', () => {
  const problems = Array.from({ length: 3000 }, (_, at) => ({
    code: 'query/bind' as const,
    message: `m${at}`,
    where: { file: 'a.ts', line: at + 1 },
  }))
  const warnings = problems.map((problem) => ({ ...problem, severity: 'warn' as const }))
  const lines = linesOf([...warnings, ...problems])
  expect(lines).toHaveLength(20)
  expect(lines.map((line) => command(line).kind)).toEqual([
    ...Array<string>(10).fill('error'),
    ...Array<string>(10).fill('warning'),
  ])
  expect(command(lines[9] ?? '').message).toBe('and 2,991 more problems: the log of this step lists them all')
  expect(linesOf(problems.slice(0, 10))).toHaveLength(10)
})

test('the first of each file come first', () => {
  const at = (file: string, line: number): Problem => ({
    code: 'query/bind',
    message: `${line}`,
    where: { file, line },
  })
  const many = Array.from({ length: 20 }, (_, line) => at('a.ts', line + 1))
  const shown = linesOf([...many, { code: 'project/usage', message: 'no place' }, at('b.ts', 7)]).map(command)
  expect(shown.slice(0, 4)).toMatchObject([
    { file: 'a.ts', line: '1' },
    { file: 'b.ts', line: '7' },
    { message: 'no place' },
    { file: 'a.ts', line: '2' },
  ])
})

test('a data check that warns is a warning; what is told twice is shown once', () => {
  const problem: Problem = { code: 'contract/check', message: 'bad' }
  const events = [
    started(['a']),
    checked('a', 'rows', { outcome: 'warned', rows: 1, where: { file: 'a.ts', line: 4 } }),
    finish('a', 'failed', { problems: [problem] }),
  ]
  expect(
    githubAnnotations({ events, problems: [problem] })
      .split('\n')
      .slice(0, -1),
  ).toEqual([
    '::error title=contract/check::bad',
    "::warning file=a.ts,line=4,title=contract/check::table 'silver.trips': 1 row breaks the check 'rows'",
  ])
})

test('a run in which all is well has no annotation', () => {
  expect(githubAnnotations({ events: [started(['a']), finish('a', 'ran')], problems: [] })).toBe('')
})
