import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderQuery } from '../../src/contract/render.ts'
import { Sql, type SqlValue } from '../../src/contract/sql.ts'
import { t } from '../../src/contract/types.ts'
import type { Analysis, AnalysisRequest } from '../../src/engine/analysis.ts'
import { declared, handle, openRig, type Rig } from './kit.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

const inputs = [
  {
    handle: 'trips',
    name: 'silver.trips',
    columns: declared({
      id: t.bigint(),
      zone_id: t.integer(),
      fare: t.decimal(10, 2),
      at: t.timestamp(),
      note: t.varchar(),
      place: t.struct({ x: t.integer(), y: t.varchar() }),
      tags: t.list(t.varchar()),
    }),
    key: ['id'],
  },
  {
    handle: 'zones',
    name: 'silver.zones',
    columns: declared({ zone_id: t.integer(), zone: t.varchar(), 'odd name': t.double() }),
  },
]

/** A query with `@name` for handles. */
function query(text: string): Sql {
  const pieces = text.split(/@(trips|zones)/)
  const values: SqlValue[] = pieces.filter((_, at) => at % 2 === 1).map(handle)
  return new Sql(
    pieces.filter((_, at) => at % 2 === 0),
    values,
  )
}

function analyse(text: string | Sql, more: Partial<AnalysisRequest> = {}): Promise<Analysis> {
  const rendered = renderQuery(typeof text === 'string' ? query(text) : text)
  return rig.engine.analyse({ query: rendered, inputs, volatile: false, lineage: false, ...more })
}

/** Problems as `code message | the text at their place | hint`. */
async function toldOf(text: string | Sql, more: Partial<AnalysisRequest> = {}): Promise<string[]> {
  const { problems } = await analyse(text, more)
  return problems.map(({ code, message, query: place, hint }) => {
    const at = place === undefined ? '?' : place.text.slice(place.offset).split(/[\s,;]/)[0]
    return [`${code} ${message}`, at, ...(hint === undefined ? [] : [hint])].join(' | ')
  })
}

describe('a wrong name', () => {
  it.each<[string, string[]]>([
    [
      'SELECT fair FROM @trips',
      ["query/bind query: there is no column 'fair' | fair | did you mean 'fare'?"],
    ],
    [
      "SELECT 'üß€😀' AS a, /* ü */ fair -- ü\n FROM @trips",
      ["query/bind query: there is no column 'fair' | fair | did you mean 'fare'?"],
    ],
    [
      'WITH a AS (\n  SELECT zone_id,\n    sum(fair) AS f FROM @trips GROUP BY ALL\n)\nSELECT zne_id FROM a',
      [
        "query/bind query: there is no column 'fair' | fair) | did you mean 'fare'?",
        "query/bind query: there is no column 'zne_id' | zne_id | did you mean 'zone_id'?",
      ],
    ],
    [
      'SELECT t.fair, z.zona FROM @trips AS t JOIN @zones AS z ON z.zone_id = t.zoneid WHERE t.tagz IS NULL',
      [
        "query/bind query: 't' has no column 'fair' | t.fair | did you mean 'fare'?",
        "query/bind query: 'z' has no column 'zona' | z.zona | did you mean 'zone'?",
        "query/bind query: 't' has no column 'zoneid' | t.zoneid | did you mean 'zone_id' or 'zone'?",
        "query/bind query: 't' has no column 'tagz' | t.tagz | did you mean 'tags'?",
      ],
    ],
    [
      'SELECT tt.fare FROM @trips AS t',
      ["query/bind query: there is no relation 'tt' here | tt.fare | there is 't'"],
    ],
    [
      'SELECT * FROM @trips JOIN @zones USING (zoneid)',
      [
        "query/bind query: Column \"zoneid\" does not exist on left side of join! | zoneid) | did you mean 'zone_id' or 'zone'?",
      ],
    ],
    [
      'SELECT * EXCLUDE (fair) FROM @trips',
      [
        'query/bind query: Column "fair" in EXCLUDE list not found in FROM clause | fair) | did you mean \'fare\'?',
      ],
    ],
    [
      'SELECT uper(note), summ(fare) AS s, fair FROM @trips',
      [
        "query/bind query: there is no function 'uper' | uper(note) | did you mean 'upper'?",
        "query/bind query: there is no function 'summ' | summ(fare) | did you mean 'sum' or 'sem' or 'fsum'?",
        "query/bind query: there is no column 'fair' | fair | did you mean 'fare'?",
      ],
    ],
    [
      'SELECT row_number() OVER (PARTITION BY zoneid ORDER BY att) AS n FROM @trips',
      [
        "query/bind query: there is no column 'zoneid' | zoneid | did you mean 'zone_id'?",
        "query/bind query: there is no column 'att' | att) | did you mean 'at'?",
      ],
    ],
    [
      'SELECT id FROM @trips WHERE zone_id IN (SELECT zon_id FROM @zones WHERE zon = 1)',
      [
        "query/bind query: there is no column 'zon_id' | zon_id | did you mean 'zone_id'?",
        "query/bind query: there is no column 'zon' | zon | did you mean 'zone' or 'zone_id'?",
      ],
    ],
    [
      'SELECT zones.zone FROM @zones',
      [
        "query/bind query: there is no relation 'zones' here | zones.zone | give the handle that name: FROM ${zones} AS zones",
      ],
    ],
    [
      'SELECT place.z FROM @trips',
      ['query/bind query: Could not find key "z" in struct | z | there is \'x\''],
    ],
  ])('%s', async (text, expected) => {
    expect(await toldOf(text)).toEqual(expected)
  })
})

describe('a cast', () => {
  it.each([
    [
      'SELECT CAST(fare AS DECIMAL(10, 1)) AS f FROM @trips',
      'DECIMAL(10,2) to DECIMAL(10,1) can lose decimal places',
    ],
    ['SELECT fare::INTEGER AS f FROM @trips', 'DECIMAL(10,2) to INTEGER can lose decimal places'],
    ['SELECT TRY_CAST("odd name" AS BIGINT) AS f FROM @zones', 'DOUBLE to BIGINT can lose decimal places'],
    ['SELECT "odd name"::DECIMAL(10, 2) AS f FROM @zones', 'DOUBLE to DECIMAL(10,2) can lose decimal places'],
    ['SELECT "odd name"::FLOAT AS f FROM @zones', 'DOUBLE to FLOAT can lose digits'],
    ["SELECT 'ü' AS a, id::DOUBLE AS f FROM @trips", 'BIGINT to DOUBLE can lose digits of large values'],
    ['SELECT sum(fare)::DOUBLE AS f FROM @trips', 'DECIMAL(38,2) to DOUBLE can lose digits of large values'],
    ['SELECT "at"::TIMESTAMP_S AS f FROM @trips', 'TIMESTAMP to TIMESTAMP_S can lose parts of seconds'],
  ])('that can lose something is warned of: %s', async (text, loss) => {
    const { problems } = await analyse(text)
    expect(problems).toMatchObject([
      { code: 'query/lossy-cast', severity: 'warn', message: `query: a cast from ${loss}` },
    ])
    const place = problems[0]?.query
    expect(place?.text.slice(place.offset)).toMatch(/^(::|CAST|TRY_CAST)/)
  })

  it.each([
    'SELECT fare::DECIMAL(12, 2) AS f, fare::DOUBLE AS g, fare::VARCHAR AS h FROM @trips',
    'SELECT id::INTEGER AS f, zone_id::DOUBLE AS g, note::INTEGER AS h FROM @trips',
    'SELECT "at"::DATE AS f FROM @trips',
    'SELECT round(fare)::INTEGER AS f, round(sum(fare)::DOUBLE, 2) AS g FROM @trips GROUP BY fare',
    'SELECT count(*)::DOUBLE AS f, fare + 1.5 AS g, 1.5::INTEGER AS h FROM @trips GROUP BY fare',
    'SELECT id / 2 AS f, avg(fare) AS g FROM @trips GROUP BY id',
  ])('that loses nothing, or is said to be meant, is not: %s', async (text) => {
    expect((await analyse(text)).problems).toEqual([])
  })
})

describe('rows that are chosen or counted', () => {
  it.each([
    ['SELECT id FROM @trips LIMIT 3', 'LIMIT without ORDER BY keeps rows by chance'],
    ['WITH x AS (FROM @trips LIMIT 3) SELECT id FROM x', 'LIMIT without ORDER BY keeps rows by chance'],
    [
      'SELECT id, row_number() OVER (PARTITION BY zone_id) AS n FROM @trips',
      'row_number() without ORDER BY counts rows by chance',
    ],
  ])('in no order are warned of: %s', async (text, said) => {
    expect((await analyse(text)).problems).toMatchObject([
      { code: 'query/order', severity: 'warn', message: `query: ${said}` },
    ])
  })

  it.each([
    'SELECT id FROM @trips ORDER BY id LIMIT 3',
    'SELECT max(id) AS m FROM @trips LIMIT 1',
    'SELECT 1 AS one FROM @trips LIMIT 1',
    'SELECT zone FROM @zones AS z WHERE EXISTS (SELECT id FROM @trips AS t WHERE t.zone_id = z.zone_id LIMIT 1)',
    'SELECT row_number() OVER (ORDER BY id) AS n, rank() OVER (ORDER BY fare) AS r FROM @trips',
  ])('in an order, or all alike, are not: %s', async (text) => {
    expect((await analyse(text)).problems).toEqual([])
  })
})
