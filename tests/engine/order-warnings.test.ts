import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderQuery } from '../../src/contract/render.ts'
import { Sql } from '../../src/contract/sql.ts'
import { t } from '../../src/contract/types.ts'
import { declared, handle, openRig, type Rig } from './kit.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

const columns = declared({
  id: t.bigint(),
  zone: t.varchar(),
  fare: t.decimal(10, 2),
  since: t.timestamp(),
  tags: t.list(t.varchar()),
})

/** `trips` has a key and a unique column, `days` a key of two, `hidden` one that is not picked, `loose` none. */
const inputs = [
  { handle: 'trips', name: 'trips', columns, key: ['id'], unique: [['since']] },
  { handle: 'days', name: 'days', columns, key: ['zone', 'id'] },
  { handle: 'hidden', name: 'hidden', columns, key: ['code'] },
  { handle: 'loose', name: 'loose', columns },
]

async function told(text: string): Promise<string[]> {
  const pieces = text.split(/@(trips|days|hidden|loose)/)
  const at = (odd: number) => pieces.filter((_, index) => index % 2 === odd)
  const query = renderQuery(new Sql(at(0), at(1).map(handle)))
  const { problems } = await rig.engine.analyse({ query, inputs, volatile: false, lineage: false })
  return problems.map(({ code, severity, message, hint, query: place }) => {
    expect({ code, severity }, message).toEqual({ code: 'query/order', severity: 'warn' })
    const words = place?.text.slice(place.offset, place.offset + 10) ?? '?'
    return `${words} | ${message.replace('query: ', '')} | ${hint ?? ''}`
  })
}

const by = 'that are equal in ORDER BY by chance'
const limit = 'LIMIT without ORDER BY keeps rows by chance'
const tied = `LIMIT keeps some of the rows ${by}`
const numbered = `row_number() counts rows ${by}`
const addId = 'add the key to ORDER BY: id'

describe('a pick by chance is warned of', () => {
  it.each([
    ['SELECT id FROM @trips LIMIT 3', 'LIMIT 3', limit, 'add ORDER BY id'],
    ['SELECT id FROM @trips OFFSET 3', 'OFFSET 3', limit, 'add ORDER BY id'],
    ['SELECT id FROM @loose LIMIT 3', 'LIMIT 3', limit, 'add ORDER BY with what tells rows apart'],
    ['SELECT DISTINCT zone FROM @trips LIMIT 2', 'LIMIT 2', limit, 'add ORDER BY id'],
    ['SELECT zone, count(*) AS n FROM @trips GROUP BY zone LIMIT 3', 'LIMIT 3', limit, 'add ORDER BY with'],
    [
      'SELECT a.id FROM @trips AS a JOIN @days AS b USING (id) LIMIT 5',
      'LIMIT 5',
      limit,
      'add ORDER BY with',
    ],
    ['SELECT id FROM @trips UNION ALL SELECT id FROM @days LIMIT 5', 'LIMIT 5', limit, 'add ORDER BY with'],
    ['WITH x AS (FROM @trips LIMIT 3) SELECT id FROM x', 'LIMIT 3', limit, 'add ORDER BY id'],
    [
      'SELECT (SELECT id FROM @days AS d LIMIT 1) AS one FROM @trips',
      'LIMIT 1',
      limit,
      'add ORDER BY zone, id',
    ],
    ['SELECT id FROM @trips ORDER BY fare LIMIT 3', 'LIMIT 3', tied, addId],
    ['SELECT * FROM @trips ORDER BY zone, fare DESC LIMIT 3', 'LIMIT 3', tied, addId],
    ['SELECT fare AS f, id FROM @trips ORDER BY f LIMIT 3', 'LIMIT 3', tied, addId],
    [
      'SELECT zone, fare FROM @days ORDER BY id LIMIT 3',
      'LIMIT 3',
      tied,
      'add the key to ORDER BY: zone, id',
    ],
    [
      'SELECT id FROM @hidden ORDER BY since LIMIT 3',
      'LIMIT 3',
      tied,
      'pick the key, and add it to ORDER BY: code',
    ],
    [
      'SELECT zone, sum(fare) AS s FROM @loose GROUP BY zone ORDER BY s DESC LIMIT 3',
      'LIMIT 3',
      tied,
      'add what it is grouped by to ORDER BY: zone',
    ],
    [
      'SELECT DISTINCT ON (zone) zone, fare FROM @loose',
      'DISTINCT O',
      'DISTINCT ON without ORDER BY picks rows by chance',
      'add ORDER BY with',
    ],
    [
      'SELECT DISTINCT ON (zone) zone, fare, id FROM @trips ORDER BY zone, fare',
      'DISTINCT O',
      `DISTINCT ON picks one of the rows ${by}`,
      addId,
    ],
  ])('%s', async (text, place, message, hint) => {
    const [found, ...others] = await told(text)
    expect(others).toEqual([])
    expect(found?.startsWith(place), found).toBe(true)
    expect(found).toContain(`| ${message} | ${hint}`)
  })
})

describe('a pick that gives the same result each time is not', () => {
  it.each([
    'SELECT id FROM @trips ORDER BY id LIMIT 3',
    'SELECT fare FROM @trips ORDER BY since DESC LIMIT 3',
    'SELECT fare FROM @trips ORDER BY zone, lower(zone), id + 1 LIMIT 3',
    'SELECT zone AS z, id AS i, fare FROM @days ORDER BY i, z LIMIT 3',
    'SELECT zone, id, fare FROM @days ORDER BY 2, 1 LIMIT 3',
    'SELECT zone, fare FROM @trips ORDER BY ALL LIMIT 3',
    'SELECT fare FROM @trips ORDER BY fare LIMIT 3',
    'SELECT fare * 2 AS f FROM @trips ORDER BY f LIMIT 3',
    'SELECT id FROM @loose ORDER BY fare LIMIT 3',
    "SELECT zone, id, fare FROM @days WHERE zone = 'a' ORDER BY id LIMIT 3",
    'SELECT fare FROM @trips WHERE id = 3 LIMIT 1',
    "SELECT zone FROM @loose WHERE zone = 'a' LIMIT 1",
    'SELECT max(id) AS m FROM @trips LIMIT 1',
    'SELECT 1 AS one FROM @trips LIMIT 1',
    'SELECT a.id FROM @trips AS a JOIN @days AS b USING (id) ORDER BY b.fare LIMIT 5',
    'SELECT zone, count(*) AS n FROM @trips GROUP BY zone ORDER BY n, zone LIMIT 3',
    'SELECT zone, tags, count(*) AS n FROM @loose GROUP BY ALL ORDER BY n, zone LIMIT 3',
    'SELECT zone, count(*) AS n FROM @trips GROUP BY ALL ORDER BY 1 LIMIT 3',
    'SELECT count(*) AS n FROM @trips GROUP BY zone ORDER BY n LIMIT 3',
    'SELECT r FROM range(10) AS x(r) LIMIT 3',
    'SELECT id FROM (SELECT id FROM @trips ORDER BY id) AS s LIMIT 3',
    'SELECT count(*) AS n FROM (FROM @trips LIMIT 3) AS s',
    'WITH x AS (SELECT zone, fare FROM @trips ORDER BY fare LIMIT 3) SELECT fare FROM x',
    'SELECT zone FROM @loose AS l WHERE EXISTS (SELECT id FROM @trips AS t WHERE t.zone = l.zone LIMIT 1)',
    'SELECT id FROM @trips UNION ALL SELECT id FROM @days ORDER BY id LIMIT 5',
    'SELECT DISTINCT ON (zone) zone FROM @loose',
    'SELECT DISTINCT ON (id) id, fare FROM @trips',
    'SELECT DISTINCT ON (zone) zone, fare FROM @trips ORDER BY zone, fare DESC',
    'SELECT DISTINCT ON (zone) zone, fare, id FROM @trips ORDER BY zone, fare, id',
    'SELECT DISTINCT ON (zone) zone, count(*) AS n FROM @trips GROUP BY zone',
    'SELECT DISTINCT ON (zone) zone, fare, id FROM @trips ORDER BY zone, fare DESC, id LIMIT 2',
  ])('%s', async (text) => {
    expect(await told(text)).toEqual([])
  })
})

const counting = 'row_number() without ORDER BY counts rows by chance'

describe('a window that chooses by chance is warned of', () => {
  it.each([
    [
      'SELECT id, row_number() OVER () AS n FROM @trips',
      'row_number',
      counting,
      'add ORDER BY id in OVER (...)',
    ],
    [
      'SELECT id, row_number() OVER (PARTITION BY zone) AS n FROM @trips',
      'row_number',
      counting,
      'add ORDER BY id',
    ],
    ['SELECT id, row_number() OVER (ORDER BY fare) AS n FROM @trips', 'row_number', numbered, addId],
    [
      'SELECT * FROM @trips QUALIFY row_number() OVER (PARTITION BY zone ORDER BY fare DESC) = 1',
      'row_number',
      numbered,
      addId,
    ],
    [
      'SELECT * FROM @trips WINDOW w AS (PARTITION BY zone ORDER BY fare) QUALIFY row_number() OVER w = 1',
      'row_number',
      numbered,
      addId,
    ],
    [
      `WITH r AS (SELECT *, row_number() OVER (PARTITION BY zone ORDER BY fare) AS n FROM @trips)
       SELECT zone, tags FROM r WHERE n = 1`,
      'row_number',
      numbered,
      addId,
    ],
    [
      'SELECT id, first_value(tags) OVER (PARTITION BY zone ORDER BY fare) AS f FROM @trips',
      'first_valu',
      `first_value() chooses among rows ${by}`,
      addId,
    ],
    [
      'SELECT id, lag(tags) OVER (PARTITION BY id ORDER BY fare) AS f FROM @days',
      'lag(tags) ',
      `lag() chooses among rows ${by}`,
      'add the key to ORDER BY: zone, id',
    ],
    [
      'SELECT id, list(fare) OVER (PARTITION BY zone) AS l FROM @trips',
      'list(fare)',
      'list() without ORDER BY takes values by chance',
      'add ORDER BY id in OVER (...)',
    ],
  ])('%s', async (text, place, message, hint) => {
    const [found, ...others] = await told(text)
    expect(others).toEqual([])
    expect(found?.startsWith(place), found).toBe(true)
    expect(found).toContain(`| ${message} | ${hint}`)
  })
})

describe('a window that gives the same each time is not', () => {
  it.each([
    'SELECT id, row_number() OVER (ORDER BY id) AS n, rank() OVER (ORDER BY fare) AS r FROM @trips',
    'SELECT id, row_number() OVER (ORDER BY since) AS n FROM @trips',
    'SELECT id, row_number() OVER (PARTITION BY id) AS n FROM @trips',
    'SELECT fare, row_number() OVER (PARTITION BY zone ORDER BY id) AS n FROM @days',
    'SELECT zone, row_number() OVER (PARTITION BY zone) AS n FROM @loose',
    'SELECT id, row_number() OVER (ORDER BY fare) AS n FROM @loose',
    'SELECT zone, fare FROM @trips QUALIFY row_number() OVER (PARTITION BY zone ORDER BY fare DESC) = 1',
    'SELECT zone, max(fare) AS m FROM @trips GROUP BY zone QUALIFY row_number() OVER (ORDER BY m) = 1',
    `SELECT zone, fare, sum(id) OVER (PARTITION BY zone) AS s FROM @trips
     QUALIFY row_number() OVER (PARTITION BY zone ORDER BY fare) = 1`,
    `WITH r AS (SELECT *, row_number() OVER (PARTITION BY zone ORDER BY fare) AS n FROM @trips)
     SELECT zone, fare FROM r WHERE n = 1`,
    'SELECT r, row_number() OVER () AS n FROM range(3) AS x(r)',
    'SELECT id, row_number() OVER () AS n FROM (SELECT id FROM @trips ORDER BY id) AS s',
    'SELECT id, sum(fare) OVER (PARTITION BY zone) AS s, count(*) OVER () AS n FROM @trips',
    'SELECT id, last_value(fare) OVER (PARTITION BY zone ORDER BY id) AS l FROM @trips',
    'SELECT id, list_sort(list(fare) OVER (PARTITION BY zone)) AS l FROM @trips',
    'SELECT id, first_value(zone) OVER (PARTITION BY zone) AS z FROM @trips',
  ])('%s', async (text) => {
    expect(await told(text)).toEqual([])
  })
})

const inRow = 'without ORDER BY puts values in a row by chance'
const takes = 'without ORDER BY takes a value by chance'
const inside = 'write ORDER BY inside of it'

describe('an aggregate that depends on the order of rows is warned of', () => {
  it.each([
    ['SELECT zone, list(fare) AS l FROM @trips GROUP BY zone', 'list(fare)', `list() ${inRow}`, inside],
    [
      'SELECT zone, array_agg(DISTINCT fare) AS l FROM @loose GROUP BY ALL',
      'array_agg(',
      `array_agg() ${inRow}`,
      inside,
    ],
    ["SELECT string_agg(zone, ', ') AS l FROM @trips", 'string_agg', `string_agg() ${inRow}`, inside],
    [
      'SELECT list(b.fare) AS l FROM @trips AS a JOIN @days AS b USING (id)',
      'list(b.far',
      `list() ${inRow}`,
      inside,
    ],
    [
      'WITH x AS (SELECT zone FROM @trips) SELECT list(zone) AS l FROM x',
      'list(zone)',
      `list() ${inRow}`,
      inside,
    ],
    ['SELECT zone, list(fare)[1] AS l FROM @trips GROUP BY zone', 'list(fare)', `list() ${inRow}`, inside],
    ['SELECT zone, first(fare) AS f FROM @trips GROUP BY zone', 'first(fare', `first() ${takes}`, inside],
    ['SELECT zone, last(fare) AS f FROM @trips GROUP BY zone', 'last(fare)', `last() ${takes}`, inside],
    [
      'SELECT zone, any_value(fare) AS f FROM @loose GROUP BY zone',
      'any_value(',
      `any_value() ${takes}`,
      inside,
    ],
    [
      'SELECT zone, first(tags ORDER BY fare) AS f FROM @trips GROUP BY zone',
      'first(tags',
      'first() takes one of the rows that are equal in its ORDER BY by chance',
      addId,
    ],
    [
      'SELECT zone, list(tags ORDER BY fare) AS f FROM @trips GROUP BY zone',
      'list(tags ',
      'list() puts the rows that are equal in its ORDER BY in a row by chance',
      addId,
    ],
    [
      'SELECT zone, arg_max(tags, fare) AS f FROM @trips GROUP BY zone',
      'arg_max(ta',
      'arg_max() takes one of several equal rows by chance',
      'write first(... ORDER BY ... DESC, id), which has the key',
    ],
  ])('%s', async (text, place, message, hint) => {
    const [found, ...others] = await told(text)
    expect(others).toEqual([])
    expect(found?.startsWith(place), found).toBe(true)
    expect(found).toContain(`| ${message} | ${hint}`)
  })
})

describe('an aggregate that gives the same each time is not', () => {
  it.each([
    'SELECT zone, list(fare ORDER BY fare) AS l FROM @trips GROUP BY zone',
    'SELECT zone, list(tags ORDER BY fare, id) AS l FROM @trips GROUP BY zone',
    'SELECT zone, list(tags ORDER BY fare) AS l FROM @loose GROUP BY zone',
    'SELECT zone, list_sort(list(fare)) AS l FROM @trips GROUP BY zone',
    'SELECT zone, len(list(fare)) AS l FROM @trips GROUP BY zone HAVING list_contains(list(id), 3)',
    'WITH g AS (SELECT zone, list(fare) AS l FROM @trips GROUP BY zone) SELECT zone, list_sort(l) AS l FROM g',
    'WITH g AS (SELECT zone, list(fare) AS l FROM @trips GROUP BY zone) SELECT zone FROM g',
    'SELECT zone, any_value(zone) AS z, first(upper(zone)) AS u FROM @trips GROUP BY zone',
    'SELECT id, any_value(fare) AS f, list(tags) AS l FROM @trips GROUP BY id',
    'SELECT since, first(fare) AS f FROM @trips GROUP BY since',
    "SELECT id, first(fare) AS f FROM @days WHERE zone = 'a' GROUP BY id",
    'SELECT a.zone, any_value(b.fare) AS f FROM @loose AS a JOIN @trips AS b USING (id) GROUP BY a.zone',
    'SELECT zone, arg_max(tags, since) AS f FROM @trips GROUP BY zone',
    'SELECT zone, arg_max(fare, fare) AS f FROM @trips GROUP BY zone',
    'SELECT zone, arg_max(tags, fare) AS f FROM @loose GROUP BY zone',
    'SELECT list(r) AS l FROM range(5) AS x(r)',
    'SELECT list(x.zone) AS l FROM (SELECT zone FROM @trips ORDER BY id) AS x',
    'SELECT id, (SELECT list(u) FROM (SELECT unnest(tags) AS u)) AS l FROM @trips',
    'SELECT zone, list(1) AS l, sum(fare) AS s, max(since) AS m, count(DISTINCT id) AS n FROM @trips GROUP BY zone',
    'SELECT zone, list(fare) AS l FROM @trips GROUP BY ROLLUP (zone)',
  ])('%s', async (text) => {
    expect(await told(text)).toEqual([])
  })
})
