import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { edited } from '../../../src/engine/duckdb/edits.ts'
import { openDuckDb } from '../../../src/engine/duckdb/open.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import { renameInQuery, type ColumnRename } from '../../../src/cli/rename/query-rename.ts'

let engine: Engine
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-rename-'))
  engine = await openDuckDb({ memory: '1GB', threads: 1, tempFolder: folder })
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const integer = (name: string) => ({ name, type: 'INTEGER', nullable: false })
/** `a` is the table whose column is renamed; `b` has a column of that name too. */
const inputs = [
  {
    handle: 'a',
    name: 'x.a',
    columns: [
      ...['id', 'fare', 'n', 'o.k'].map(integer),
      { name: 's', type: 'STRUCT(fare INTEGER, z INTEGER)', nullable: false },
    ],
  },
  { handle: 'b', name: 'x.b', columns: ['id', 'fare', 'm'].map(integer) },
]

async function rename(
  sql: string,
  { writes = false, ...how }: Partial<ColumnRename> & { writes?: boolean } = {},
) {
  const text = sql.replace(/\$\{(\w+)\}/g, '"@$1"')
  const relations = inputs.map(({ handle }) => handle).filter((handle) => text.includes(`"@${handle}"`))
  const query = { text, params: text.includes('$1') ? [1] : [], relations }
  const found = await renameInQuery(
    { query, inputs, affected: new Set(writes ? [] : ['a']), writes },
    { from: 'fare', to: 'cost', ...how },
    (requests) => Promise.all(requests.map((request) => engine.analyse(request))),
  )
  if ('stuck' in found) return `stuck: ${found.stuck}`
  return edited(text, found.edits).text.replace(/"@(\w+)"/g, '${$1}')
}

describe('a query that reads the column', () => {
  it.each([
    ['a filter', 'SELECT id FROM ${a} WHERE fare > 1', 'SELECT id FROM ${a} WHERE cost > 1'],
    ['a bare item, which keeps its name', 'SELECT fare, id FROM ${a}', 'SELECT cost AS fare, id FROM ${a}'],
    ['an item with a relation', 'SELECT t.fare FROM ${a} t', 'SELECT t.cost AS fare FROM ${a} t'],
    ['an item with an alias', 'SELECT fare AS f, fare g FROM ${a}', 'SELECT cost AS f, cost g FROM ${a}'],
    ['an alias of that name', 'SELECT n + fare AS fare FROM ${a}', 'SELECT n + cost AS fare FROM ${a}'],
    ['an alias in front', 'SELECT fare: n + fare FROM ${a}', 'SELECT fare: n + cost FROM ${a}'],
    ['a relation without an alias', 'SELECT ${a}.fare AS f FROM ${a}', 'SELECT ${a}.cost AS f FROM ${a}'],
    ['other letters', 'SELECT max(FARE) AS f FROM ${a}', 'SELECT max(cost) AS f FROM ${a}'],
    ['quotes', 'SELECT max("fare") AS f FROM ${a}', 'SELECT max("cost") AS f FROM ${a}'],
    [
      'texts and comments',
      "SELECT 'fare' AS t /* fare */, fare AS f FROM ${a} -- fare",
      "SELECT 'fare' AS t /* fare */, cost AS f FROM ${a} -- fare",
    ],
    [
      'two tables with the column',
      'SELECT a.fare - b.fare AS d FROM ${a} a JOIN ${b} b ON a.id = b.id WHERE b.fare > a.fare',
      'SELECT a.cost - b.fare AS d FROM ${a} a JOIN ${b} b ON a.id = b.id WHERE b.fare > a.cost',
    ],
    [
      'a CTE that goes on with the name',
      'WITH x AS (SELECT id, fare FROM ${a}) SELECT sum(fare) AS f FROM x',
      'WITH x AS (SELECT id, cost AS fare FROM ${a}) SELECT sum(fare) AS f FROM x',
    ],
    [
      'a star in a CTE',
      'WITH x AS (SELECT * FROM ${a}) SELECT sum(fare) AS f FROM x',
      'WITH x AS (SELECT * FROM ${a}) SELECT sum(cost) AS f FROM x',
    ],
    ['a star', 'SELECT * FROM ${a}', 'SELECT * RENAME (cost AS fare) FROM ${a}'],
    [
      'a star of one of two',
      'SELECT b.id, a.* FROM ${b} b, ${a} a',
      'SELECT b.id, a.* RENAME (cost AS fare) FROM ${b} b, ${a} a',
    ],
    ['a star without it', 'SELECT * EXCLUDE (fare) FROM ${a}', 'SELECT * EXCLUDE (cost) FROM ${a}'],
    [
      'groups and orders',
      'SELECT fare, count(*) AS n FROM ${a} GROUP BY fare HAVING max(fare) > 1 ORDER BY fare',
      'SELECT cost AS fare, count(*) AS n FROM ${a} GROUP BY cost HAVING max(cost) > 1 ORDER BY fare',
    ],
    [
      'a window',
      'SELECT id, row_number() OVER w AS r FROM ${a} WINDOW w AS (PARTITION BY n ORDER BY fare)',
      'SELECT id, row_number() OVER w AS r FROM ${a} WINDOW w AS (PARTITION BY n ORDER BY cost)',
    ],
    [
      'a struct with a field of that name',
      'SELECT s.fare AS f, fare AS g FROM ${a}',
      'SELECT s.fare AS f, cost AS g FROM ${a}',
    ],
    ['a field that is made', 'SELECT {fare: fare} AS f FROM ${a}', 'SELECT {fare: cost} AS f FROM ${a}'],
    [
      'an alias that would take its place',
      'SELECT n AS fare, fare * 2 AS d FROM ${a}',
      'SELECT n AS fare, cost * 2 AS d FROM ${a}',
    ],
    [
      'an outer column that would take its place',
      'SELECT id FROM ${b} b WHERE EXISTS (FROM ${a} a WHERE a.id = b.id AND fare > 1)',
      'SELECT id FROM ${b} b WHERE EXISTS (FROM ${a} a WHERE a.id = b.id AND cost > 1)',
    ],
    ['a parameter beside it', 'SELECT id FROM ${a} WHERE fare > $1', 'SELECT id FROM ${a} WHERE cost > $1'],
    [
      'a set operation',
      'SELECT fare FROM ${a} UNION ALL SELECT fare FROM ${b}',
      'SELECT cost AS fare FROM ${a} UNION ALL SELECT fare FROM ${b}',
    ],
    ['DISTINCT ON', 'SELECT DISTINCT ON (fare) id FROM ${a}', 'SELECT DISTINCT ON (cost) id FROM ${a}'],
    [
      'IS DISTINCT FROM',
      'SELECT n IS DISTINCT FROM fare AS d, fare FROM ${a}',
      'SELECT n IS DISTINCT FROM cost AS d, cost AS fare FROM ${a}',
    ],
    [
      'another table only',
      'SELECT b.fare FROM ${b} b JOIN ${a} a USING (id)',
      'SELECT b.fare FROM ${b} b JOIN ${a} a USING (id)',
    ],
  ])('%s', async (_, before, after) => expect(await rename(before)).toBe(after))

  it('with a name that must be in quotes', async () => {
    expect(await rename('SELECT fare AS f FROM ${a}', { to: 'the fare' })).toBe(
      'SELECT "the fare" AS f FROM ${a}',
    )
    expect(await rename('SELECT fare AS f FROM ${a}', { to: 'order' })).toBe('SELECT "order" AS f FROM ${a}')
    expect(await rename('SELECT "o.k" AS f FROM ${a}', { from: 'o.k', to: 'ok' })).toBe(
      'SELECT "ok" AS f FROM ${a}',
    )
  })

  it.each([
    ['USING over it', 'SELECT a.id FROM ${a} a JOIN ${b} b USING (fare)', /USING joins two tables/],
    ['a NATURAL join', 'SELECT n FROM ${a} a NATURAL JOIN ${b} b', /its rows would change/],
    ['the row as a struct', 'SELECT a AS r FROM ${a} a', /other columns than before/],
    ['a result without a name', 'SELECT max(fare) FROM ${a}', /other columns than before/],
  ])('is refused where the new name cannot stand: %s', async (_, text, why) =>
    expect(await rename(text)).toMatch(why),
  )
})

describe('the query that writes the table', () => {
  it.each([
    ['a bare item', 'SELECT id, fare FROM ${b}', 'SELECT id, fare AS cost FROM ${b}'],
    ['an alias', 'SELECT m * 2 AS fare FROM ${b}', 'SELECT m * 2 AS cost FROM ${b}'],
    ['an alias without AS', 'SELECT m * 2 fare FROM ${b}', 'SELECT m * 2 "cost" FROM ${b}'],
    ['a star', 'SELECT * FROM ${b}', 'SELECT * RENAME (fare AS cost) FROM ${b}'],
    [
      'an order by its alias',
      'SELECT m AS fare FROM ${b} GROUP BY ALL ORDER BY m',
      'SELECT m AS cost FROM ${b} GROUP BY ALL ORDER BY m',
    ],
    [
      'a CTE that keeps its name',
      'WITH x AS (SELECT id, m AS fare FROM ${b}) SELECT id, fare FROM x WHERE fare > 0',
      'WITH x AS (SELECT id, m AS fare FROM ${b}) SELECT id, fare AS cost FROM x WHERE fare > 0',
    ],
    [
      'branches',
      'SELECT fare FROM ${b} UNION ALL BY NAME SELECT m AS fare FROM ${b}',
      'SELECT fare AS cost FROM ${b} UNION ALL BY NAME SELECT m AS cost FROM ${b}',
    ],
    [
      'a name that stands for the result',
      'SELECT sum(m) AS fare FROM ${a}, ${b} b GROUP BY b.id ORDER BY sum(m)',
      'SELECT sum(m) AS cost FROM ${a}, ${b} b GROUP BY b.id ORDER BY sum(m)',
    ],
  ])('gives it the new name: %s', async (_, before, after) =>
    expect(await rename(before, { writes: true })).toBe(after),
  )
})
