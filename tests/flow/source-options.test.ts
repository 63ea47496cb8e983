import { describe, expect, it } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { declareSource } from '../../src/contract/declare.ts'
import { landingOf } from '../../src/contract/landing.ts'
import { source } from '../../src/contract/source.ts'
import { t } from '../../src/contract/types.ts'
import { sourceProblems } from '../../src/flow/check-source.ts'

const columns = { id: t.integer() }

function messagesOf(work: () => unknown): string[] {
  try {
    work()
    return []
  } catch (error) {
    return (problemsOf(error) ?? []).map(({ message }) => message)
  }
}

describe('an archive', () => {
  it.each<[string[], true | string, object]>([
    [['landing/x_*.csv'], true, { base: 'landing', archive: 'landing_archive' }],
    [['./a/b/*/x.csv', 'a/b/y.csv'], true, { base: 'a/b', archive: 'a/b_archive' }],
    [['a/x.csv'], 'taken/', { base: 'a', archive: 'taken' }],
  ])('of %j with %j', (paths, archive, landing) => {
    expect(landingOf(paths, archive)).toEqual(landing)
  })

  it.each<[string[], true | string]>([
    [['*.csv'], true],
    [['/data/x.csv'], true],
    [['../data/x.csv'], true],
    [['a/x.csv', 'b/x.csv'], true],
    [['a/x.csv'], '../taken'],
    [['a/x.csv'], '/taken'],
    [['a/**/x.csv'], 'a/taken'],
    [['a/b/x.csv'], 'a'],
  ])('is refused of %j with %j', (paths, archive) => {
    expect(messagesOf(() => landingOf(paths, archive))).toHaveLength(1)
  })
})

describe('what a source says', () => {
  it('is told to have a high-water column that may be NULL', () => {
    const rows = source.sqlite({
      connection: 'a',
      table: 'b',
      columns: { at: t.timestamp().nullable() },
      highWater: 'at',
    })
    expect(sourceProblems(declareSource(rows.origin)).map(({ message }) => message)).toEqual([
      "source 'b' has the high-water column 'at', which may be NULL",
    ])
  })

  it.each<[string, () => unknown]>([
    ['maxRejects alone', () => source.csv('a.csv', { columns, maxRejects: 1 } as never)],
    ['a share that is none', () => source.csv('a.csv', { columns, rejects: 'b', maxRejects: '200%' })],
    ['a number that is none', () => source.csv('a.csv', { columns, rejects: 'b', maxRejects: -1 })],
  ])('is refused: %s', (_, work) => {
    expect(messagesOf(work)).toHaveLength(1)
  })

  it.each<[string, Parameters<typeof source.csv>[1], string]>([
    ['an encoding', { columns, encoding: 'latin1' as never }, "did you mean 'latin-1'?"],
    [
      'a format of dates',
      { columns, dateFormat: 'dd.MM.yyyy' },
      'it is written as for strftime, such as %d.%m.%Y',
    ],
    ['a comment', { columns, comment: '//' }, 'comment is one character of ASCII'],
    ['a delimiter', { columns, delimiter: '' }, 'a delimiter has 1 to 4 bytes, and no end of a line'],
  ])('is told with a hint: %s', (_, options, hint) => {
    const problems = sourceProblems(declareSource(source.csv('a.csv', options).origin))
    expect(problems.map((problem) => problem.hint)).toEqual([hint])
  })
})
