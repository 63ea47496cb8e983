import { describe, expect, it } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { notebook, source, table, t } from '../../src/index.ts'

const columns = { id: t.integer() }

/** What is said of a declaration that types would forbid: message and hint. */
function said(work: () => unknown): (string | undefined)[] {
  try {
    work()
    return []
  } catch (error) {
    return (problemsOf(error) ?? []).flatMap(({ message, hint }) => [message, hint])
  }
}

const csv = (options: object) => () => source.csv('a.csv', options as never)

describe('options of declarations that nobody has type-checked', () => {
  it.each<[string, () => unknown, (string | undefined)[]]>([
    [
      'a name that there is not',
      csv({ columns, delimeter: ';' }),
      ["source.csv 'a.csv' has no option 'delimeter'", "did you mean 'delimiter'?"],
    ],
    [
      'of another kind of source',
      () => source.sqlite({ connection: 'a', table: 'b', columns, skip: 1 } as never),
      [
        "source.sqlite 'b' has no option 'skip'",
        "there is 'columns', 'name', 'description', 'connection', 'table', 'query', 'highWater', 'refresh'",
      ],
    ],
    [
      'values of other types, all of them',
      csv({ columns, delimiter: 5, rejects: true }),
      [
        "source.csv 'a.csv' has delimiter: 5",
        'delimiter is a text',
        "source.csv 'a.csv' has rejects: true",
        'rejects is a text',
      ],
    ],
    [
      'secrets, which are not told',
      () => source.csv('https://me:secret@a.org/b', { columns, headers: ['secret'] } as never),
      ["source.csv 'https://***@a.org/b' has headers: a list", 'headers is an object of texts'],
    ],
    [
      'no columns',
      csv({}),
      ["source.csv 'a.csv' has no columns", 'write { id: t.integer(), name: t.varchar() }'],
    ],
    [
      'no options at all',
      csv(undefined as never),
      ["source.csv 'a.csv' has undefined for its options", 'write them as { name: value }'],
    ],
    [
      'a key that is a text',
      () => table('x.a', columns, { key: 'id' } as never),
      ['table \'x.a\' has key: "id"', 'key is a list of texts'],
    ],
    [
      'a column that is a text',
      () => table('x.a', { id: 'INTEGER' } as never),
      [
        "table 'x.a' has the column 'id', which is of no type",
        'write { id: t.integer(), name: t.varchar() }',
      ],
    ],
    [
      'of a notebook',
      () => notebook({ incremantal: 'append' } as never),
      ["the notebook has no option 'incremantal'", "did you mean 'incremental'?"],
    ],
    ['that are undefined', csv({ columns, delimiter: undefined }), []],
  ])('%s', (_, work, expected) => {
    expect(said(work)).toEqual(expected)
  })
})
