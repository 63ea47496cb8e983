import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openReader } from '../../src/engine/duckdb/reader.ts'
import type { RowsDiff } from '../../src/engine/table-diff.ts'
import { openDiffRig, type Case, type DiffRig } from './diff-kit.ts'
import { problemsIn } from './kit.ts'

let rig: DiffRig
beforeAll(async () => {
  rig = await openDiffRig()
})
afterAll(() => rig.close())

/** `+added -removed ~changed =same`, and the changed cells. */
function brief({ added, removed, changed, same, columns }: RowsDiff): string {
  const cells = columns.map((each) => ` ${each.column}:${each.changed}`)
  return `+${added} -${removed} ~${changed} =${same}${cells.join('')}`
}

const ids = `SELECT i::BIGINT AS id, (i / 4)::DECIMAL(10,2) AS fare, 'zone ' || i AS zone FROM range(10) r(i)`

describe('rows that are matched by key', () => {
  const cases: [string, Case, string][] = [
    ['the same rows in another order', { before: ids, after: `${ids} ORDER BY i DESC` }, '+0 -0 ~0 =10'],
    ['rows added', { before: `${ids} WHERE i < 7`, after: ids }, '+3 -0 ~0 =7'],
    ['rows removed', { before: ids, after: `${ids} WHERE i > 3` }, '+0 -4 ~0 =6'],
    [
      'rows changed, with the cells of each column',
      {
        before: ids,
        after: `SELECT * REPLACE (CASE WHEN id < 3 THEN fare + 1 ELSE fare END AS fare, CASE WHEN id = 2 THEN '' ELSE zone END AS zone) FROM (${ids})`,
      },
      '+0 -0 ~3 =7 fare:3 zone:1',
    ],
    [
      'all columns of all rows',
      { before: ids, after: `SELECT id, fare + 1 AS fare, zone || '!' AS zone FROM (${ids})` },
      '+0 -0 ~10 =0 fare:10 zone:10',
    ],
    [
      'all at once',
      {
        before: `${ids} WHERE i < 8`,
        after: `SELECT * REPLACE (fare + (id = 5)::INT AS fare) FROM (${ids}) WHERE id > 1`,
      },
      '+2 -2 ~1 =5 fare:1',
    ],
    ['nothing before', { before: `${ids} WHERE false`, after: ids }, '+10 -0 ~0 =0'],
    ['nothing after', { before: ids, after: `${ids} WHERE false` }, '+0 -10 ~0 =0'],
    ['nothing on both sides', { before: `${ids} WHERE false`, after: `${ids} WHERE false` }, '+0 -0 ~0 =0'],
    [
      'chosen columns only',
      { before: ids, after: `SELECT id, fare + 1 AS fare, zone FROM (${ids})`, columns: ['zone'] },
      '+0 -0 ~0 =10',
    ],
    [
      'a column that one side lacks',
      { before: ids, after: `SELECT *, 1 AS tip FROM (${ids})` },
      '+0 -0 ~0 =10',
    ],
    [
      'nothing but the key',
      { before: 'SELECT 1 AS id UNION ALL SELECT 2', after: 'SELECT 2 AS id' },
      '+0 -1 ~0 =1',
    ],
  ]
  test.each(cases)('%s', async (_, what, expected) => {
    expect(brief(await rig.diff({ key: ['id'], ...what }))).toBe(expected)
    expect(brief(await rig.diff({ key: ['id'], promised: ['id'], ...what }))).toBe(expected)
  })

  test('a key of several columns, NULL among them', async () => {
    const rows = `SELECT * FROM (VALUES (1, NULL, 'a'), (1, 2, 'b'), (NULL, NULL, 'c')) v(x, y, z)`
    const after = `SELECT * REPLACE (upper(z) AS z) FROM (${rows}) WHERE y IS NULL`
    expect(brief(await rig.diff({ before: rows, after, key: ['x', 'y'] }))).toBe('+0 -1 ~2 =0 z:2')
  })
})

describe('values of every type', () => {
  const pairs: [string, string, string][] = [
    ['BOOLEAN', 'true', 'false'],
    ['TINYINT', '1', '2'],
    ['BIGINT', '9007199254740993', '9007199254740992'],
    ['FLOAT', '0.1', '0.2'],
    ['DOUBLE', '0.1', '0.1000000000000001'],
    ['DECIMAL(38,2)', "'99999999999999999999.01'", "'99999999999999999999.02'"],
    ['VARCHAR', "'a'", "'A'"],
    ['VARCHAR', "''", 'NULL'],
    ['JSON', `'{"a":1}'`, `'{"a":2}'`],
    ['BLOB', "'\\x00'", "'\\x00\\x00'"],
    ['UUID', "'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000002'"],
    ['DATE', "'2026-01-01'", "'2026-01-02'"],
    ['TIME', "'10:00:00'", "'10:00:00.000001'"],
    ['TIMESTAMP', "'2026-01-01 00:00:00'", "'2026-01-01 00:00:00.000001'"],
    ['TIMESTAMP WITH TIME ZONE', "'2026-01-01 00:00:00+00'", "'2026-01-01 00:00:00+01'"],
    ['INTEGER[]', '[1, NULL]', '[1]'],
    ['INTEGER[]', '[]', 'NULL'],
    ['INTEGER[][]', '[[1], [2]]', '[[1, 2]]'],
    ['STRUCT(a INTEGER, b VARCHAR)', "{'a': 1, 'b': NULL}", "{'a': 1, 'b': ''}"],
    ['DOUBLE', "'NaN'", "'inf'"],
    ['INTEGER', 'NULL', '0'],
  ]
  test.each(pairs)('%s: %s and %s differ, and each equals itself', async (type, one, two) => {
    const table = (value: string) => `SELECT 1 AS id, CAST(${value} AS ${type}) AS v`
    expect(brief(await rig.diff({ before: table(one), after: table(two), key: ['id'] }))).toBe(
      '+0 -0 ~1 =0 v:1',
    )
    expect(brief(await rig.diff({ before: table(one), after: table(one), key: ['id'] }))).toBe('+0 -0 ~0 =1')
    expect(brief(await rig.diff({ before: table(one), after: table(two) }))).toBe('+1 -1 ~0 =0')
    expect(brief(await rig.diff({ before: table(two), after: table(two) }))).toBe('+0 -0 ~0 =1')
    expect(brief(await rig.diff({ before: table(one), after: table(two), key: ['v'], columns: [] }))).toBe(
      '+1 -1 ~0 =0',
    )
  })

  test('zeros of either sign are equal, and so are all NaNs', async () => {
    const before = `SELECT 1 AS id, '-0.0'::DOUBLE AS a, 'NaN'::DOUBLE AS b`
    const after = `SELECT 1 AS id, 0.0::DOUBLE AS a, '-NaN'::DOUBLE AS b`
    expect(brief(await rig.diff({ before, after, key: ['id'] }))).toBe('+0 -0 ~0 =1')
    expect(brief(await rig.diff({ before, after }))).toBe('+0 -0 ~0 =1')
  })
})

describe('columns of another type', () => {
  const pairs: [string, string, string, boolean][] = [
    ['1::INTEGER', '1::BIGINT', 'BIGINT', true],
    ['1::INTEGER', '1.50::DECIMAL(10,2)', 'DECIMAL(12,2)', false],
    ['1.5::DECIMAL(10,2)', '1.500::DECIMAL(12,3)', 'DECIMAL(12,3)', true],
    ['1.5::DECIMAL(10,2)', '1.5::DOUBLE', 'DOUBLE', true],
    ['1::BIGINT', '1::DECIMAL(38,20)', 'DECIMAL(39', false],
    ["DATE '2026-01-01'", "TIMESTAMP '2026-01-01 00:00:00'", 'TIMESTAMP', true],
    [
      "TIMESTAMP '2026-01-01 00:00:00'",
      "TIMESTAMPTZ '2026-01-01 00:00:00+00'",
      'TIMESTAMP WITH TIME ZONE',
      true,
    ],
    ["'12'", '12', 'VARCHAR', true],
    ["'012'", '12', 'VARCHAR', false],
    ['[1]', "{'a': 1}", 'VARCHAR', false],
  ]
  test.each(pairs)('%s and %s', async (one, two, type, equal) => {
    const rows = await rig.diff({
      before: `SELECT 1 AS id, ${one} AS v`,
      after: `SELECT 1 AS id, ${two} AS v`,
      key: ['id'],
    })
    const text = type === 'DECIMAL(39' ? 'VARCHAR' : type
    expect(rows.comparedAs).toEqual([{ column: 'v', type: text }])
    expect(rows.changed).toBe(equal ? 0 : 1)
  })

  test('a key may change its type', async () => {
    const before = 'SELECT i::INTEGER AS id, i AS v FROM range(3) r(i)'
    const after = 'SELECT i::BIGINT AS id, i + (i = 2)::INT AS v FROM range(4) r(i)'
    expect(brief(await rig.diff({ before, after, key: ['id'], promised: ['id'] }))).toBe('+1 -0 ~1 =2 v:1')
  })
})

describe('rows without a key', () => {
  const values = (...list: string[]) => `SELECT * FROM (VALUES ${list.join(', ')}) v(a, b)`
  const cases: [string, Case, string][] = [
    [
      'equal rows in another order',
      { before: values("(1, 'x')", '(2, NULL)'), after: values('(2, NULL)', "(1, 'x')") },
      '+0 -0 ~0 =2',
    ],
    [
      'how often a row is there counts',
      {
        before: values("(1, 'x')", "(1, 'x')", "(2, 'y')"),
        after: values("(1, 'x')", "(2, 'y')", "(2, 'y')", "(2, 'y')"),
      },
      '+2 -1 ~0 =2',
    ],
    [
      'a changed row is one less and one more',
      { before: values("(1, 'x')"), after: values("(1, 'y')") },
      '+1 -1 ~0 =0',
    ],
    [
      'of chosen columns',
      { before: values("(1, 'x')"), after: values("(1, 'y')"), columns: ['a'] },
      '+0 -0 ~0 =1',
    ],
    [
      'nothing before',
      { before: `${values('(1, 2)')} WHERE false`, after: values('(1, 2)', '(1, 2)') },
      '+2 -0 ~0 =0',
    ],
    [
      'no column in common',
      { before: 'SELECT 1 AS x', after: 'SELECT 1 AS y UNION ALL SELECT 2' },
      '+2 -1 ~0 =0',
    ],
  ]
  test.each(cases)('%s', async (_, what, expected) => {
    expect(brief(await rig.diff(what))).toBe(expected)
  })

  test('examples come in order, with how many more or less there are', async () => {
    const { examples } = await rig.diff({
      before: values("(9, 'z')"),
      after: values("(3, 'c')", '(1, NULL)', '(1, NULL)', "(2, 'b')"),
      examples: 2,
    })
    expect(examples).toEqual({
      added: [
        { row: { a: '1', b: null }, count: 2 },
        { row: { a: '2', b: 'b' }, count: 1 },
      ],
      removed: [{ row: { a: '9', b: 'z' }, count: 1 }],
      changed: [],
    })
  })
})

describe('keys that rows share', () => {
  const before = `SELECT * FROM (VALUES (1, 'a'), (1, 'b'), (2, 'c'), (3, 'd')) v(id, v)`
  const after = `SELECT * FROM (VALUES (1, 'b'), (2, 'C'), (3, 'd'), (3, 'd'), (4, 'e')) v(id, v)`

  test('are told, and their rows are compared as whole rows', async () => {
    const rows = await rig.diff({ before, after, key: ['id'] })
    expect(rows.duplicates).toEqual({ before: { keys: 1, rows: 2 }, after: { keys: 1, rows: 2 } })
    expect(brief(rows)).toBe('+2 -1 ~1 =2 v:1')
    expect(rows.examples.added.map(({ row }) => row)).toEqual([
      { id: '4', v: 'e' },
      { id: '3', v: 'd' },
    ])
    expect(rows.examples.removed.map(({ row }) => row)).toEqual([{ id: '1', v: 'a' }])
  })

  test('that become equal in the type where both sides meet are found, though a contract promised them', async () => {
    const rows = await rig.diff({
      before: `SELECT v::DECIMAL(38,20) AS id FROM (VALUES ('1.00000000000000000001'), ('1.00000000000000000002')) r(v)`,
      after: 'SELECT 1::DOUBLE AS id',
      key: ['id'],
      promised: ['id'],
    })
    expect(rows.duplicates?.before).toEqual({ keys: 1, rows: 2 })
    expect(brief(rows)).toBe('+0 -1 ~0 =1')
  })
})

describe('a tolerance', () => {
  const one = (value: string) => `SELECT 1 AS id, CAST(${value} AS DOUBLE) AS v, 1.00::DECIMAL(10,2) AS d`
  const cases: [string, string, boolean][] = [
    ['1', '1.0000000001', true],
    ['1', '1.00001', false],
    ['1e12', '1000000000001', true],
    ['0', '1e-10', true],
    ["'inf'", '1', false],
    ["'inf'", "'inf'", true],
    ["'NaN'", '1', false],
    ['NULL', '1', false],
  ]
  test.each(cases)('%s is near %s: %s', async (a, b, near) => {
    const rows = await rig.diff({ before: one(a), after: one(b), key: ['id'], tolerance: 1e-9 })
    expect(rows.changed).toBe(near ? 0 : 1)
  })

  test('says nothing of decimals', async () => {
    const after = 'SELECT 1 AS id, 1::DOUBLE AS v, 1.01::DECIMAL(10,2) AS d'
    const rows = await rig.diff({ before: one('1'), after, key: ['id'], tolerance: 1 })
    expect(rows.columns).toEqual([{ column: 'd', changed: 1 }])
  })
})

describe('examples', () => {
  test('of changes show as many columns as they can, in the order of the key', async () => {
    const before = `SELECT i AS id, 0 AS a, 0 AS b, 0 AS c FROM range(100) r(i)`
    const after = `SELECT i AS id, 1 AS a, (i = 70)::INT AS b, (i = 40)::INT AS c FROM range(100) r(i)`
    const { examples } = await rig.diff({ before, after, key: ['id'], examples: 4 })
    expect(examples.changed.map(({ key }) => key['id'])).toEqual(['0', '1', '40', '70'])
    expect(examples.changed[2]?.cells).toEqual([
      { column: 'a', before: '0', after: '1' },
      { column: 'c', before: '0', after: '1' },
    ])
  })

  test('hold all columns of their side', async () => {
    const { examples } = await rig.diff({
      before: 'SELECT 1 AS id, 2 AS gone',
      after: 'SELECT 3 AS id, 4 AS come',
      key: ['id'],
    })
    expect(examples.removed).toEqual([{ row: { id: '1', gone: '2' }, count: 1 }])
    expect(examples.added).toEqual([{ row: { id: '3', come: '4' }, count: 1 }])
  })

  test('can be left out', async () => {
    const rows = await rig.diff({ before: ids, after: `${ids} WHERE i > 5`, key: ['id'], examples: 0 })
    expect(brief(rows)).toBe('+0 -6 ~0 =4')
    expect(rows.examples).toEqual({ added: [], removed: [], changed: [] })
    expect(
      (await rig.diff({ before: ids, after: `${ids} WHERE i > 5`, examples: 0 })).examples.removed,
    ).toEqual([])
  })

  test('survive names that are made of SQL', async () => {
    const name = `"a'); DROP TABLE x; --"" b"`
    const rows = await rig.diff({
      before: `SELECT 1 AS ${name}, 1 AS "present"`,
      after: `SELECT 1 AS ${name}, 2 AS "present"`,
      key: [`a'); DROP TABLE x; --" b`],
    })
    expect(rows.columns).toEqual([{ column: 'present', changed: 1 }])
  })
})

test('a version without files has no rows', async () => {
  const after = await rig.side(ids)
  const reader = await openReader({ memory: '100MB', threads: 1, tempFolder: '/tmp/sluice-diff-none' })
  const request = {
    before: { ...after, files: [], rows: 0 },
    after,
    columns: ['fare'],
    examples: 1,
    tolerance: 0,
  }
  expect(brief(await reader.diff({ ...request, key: ['id'] }, 't'))).toBe('+10 -0 ~0 =0')
  expect(brief(await reader.diff({ ...request, key: [] }, 't'))).toBe('+10 -0 ~0 =0')
  await reader.close()
})

test('a file that is no Parquet is told as damaged', async () => {
  const before = await rig.side(ids)
  const [file = ''] = before.files
  await writeFile(file, 'PAR1 and then nothing')
  const reader = await openReader({ memory: '100MB', threads: 1, tempFolder: '/tmp/sluice-diff-none' })
  const request = { before, after: before, key: ['id'], columns: ['fare'], examples: 1, tolerance: 0 }
  const problems = await problemsIn(reader.diff(request, 'silver.trips'))
  expect(problems.map(({ code }) => code)).toEqual(['storage/corrupt'])
  await reader.close()
})
