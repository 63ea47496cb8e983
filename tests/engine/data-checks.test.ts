import path from 'node:path'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { check, type TableCheck } from '../../src/contract/check.ts'
import type { OnFailure } from '../../src/contract/check-form.ts'
import type { Columns } from '../../src/contract/column.ts'
import { rejectColumns } from '../../src/contract/rejects.ts'
import { renderQuery } from '../../src/contract/render.ts'
import { Sql } from '../../src/contract/sql.ts'
import { t } from '../../src/contract/types.ts'
import type { CheckResult, OutputTarget } from '../../src/engine/engine.ts'
import { contract, openRig, sql, told, withSession, writeRows, type Rig } from './kit.ts'

let rig: Rig
let zones: string
beforeAll(async () => {
  rig = await openRig(2)
  zones = await writeRows(rig, contract('zones', { id: t.integer() }), [{ id: 1 }, { id: 2 }])
})
afterAll(() => rig.close())

const now = Date.parse('2026-03-02T00:00:00Z')
const zoneTable = { name: 'zones', columns: { id: t.integer() } }

type Rows = readonly string[]
const good: Rows = ["(1, 5.00, 'card', '2026-03-01 12:00:00')", "(2, 9.50, 'cash', '2026-03-01 13:00:00')"]
const values = (rows: Rows) =>
  new Sql(
    [
      `SELECT CAST(zone AS INTEGER) AS zone, CAST(fare AS DECIMAL(10,2)) AS fare, CAST(payment AS VARCHAR) AS payment,
         CAST(ts AS TIMESTAMP) AS ts FROM (VALUES ${rows.join(', ')}) v(zone, fare, payment, ts)`,
    ],
    [],
  )

/** Writes rows into a table and its rejects. */
async function written(columns: Columns, checks: readonly (string | TableCheck)[], rows: Rows) {
  const base: Columns = {
    zone: t.integer().nullable(),
    fare: t.decimal(10, 2).nullable(),
    payment: t.varchar().nullable(),
    ts: t.timestamp().nullable(),
    ...columns,
  }
  const table = contract('trips', base, { checks, rejects: 'trips_rejects' })
  const folder = await rig.fresh()
  const failures = { folder: await rig.fresh(), limit: 2 }
  const outputs: OutputTarget[] = [
    { handle: 'out', table, folder, others: { zones: [zones] } },
    {
      handle: 'out-rejects',
      table: contract('trips_rejects', rejectColumns(base)),
      folder: await rig.fresh(),
      rejectsOf: 'out',
    },
  ]
  return withSession(rig, { outputs, failures, now }, async (session) => {
    await session.write('out', renderQuery(values(rows)))
    let problems: string[] = []
    const staged = await session.finish().catch((error: unknown) => {
      problems = told([...(problemsOf(error) ?? [])])
      return []
    })
    const kept = staged.find(({ handle }) => handle === 'out')?.rows
    const rejects = staged.find(({ handle }) => handle === 'out-rejects')
    return { problems, checks: [...session.checks()], kept, rejected: rejects?.rows, outputs, failures }
  })
}

const short = ({ check: name, outcome, rows, message }: CheckResult) =>
  [name, outcome, rows, ...(message === undefined ? [] : [message])].join(' | ')

/** A check of rows, a row that breaks it, and what is said. */
type RowCase = readonly [
  kind: string,
  columns: (onFailure: OnFailure) => Columns,
  checks: (onFailure: OnFailure) => readonly TableCheck[],
  bad: string,
  name: string,
  says: string,
]
const none = () => []
const fare = t.decimal(10, 2).nullable()
const rowCases: readonly RowCase[] = [
  [
    'a condition of a column',
    (onFailure) => ({ fare: fare.check('fare >= 0', { onFailure }) }),
    none,
    "(1, -1, 'card', NULL)",
    'fare_ge_0',
    "rows break the check of column 'fare': fare >= 0",
  ],
  [
    'a condition of the table',
    () => ({}),
    (onFailure) => [check.row('fare > zone', { onFailure, name: 'dear_enough' })],
    "(1, 1, 'card', NULL)",
    'dear_enough',
    "rows break the check 'dear_enough': fare > zone",
  ],
  [
    'allowed values',
    (onFailure) => ({ payment: t.varchar().nullable().oneOf(['card', 'cash'], { onFailure }) }),
    none,
    "(1, 1, 'it''s', NULL)",
    'payment_one_of',
    "rows break the check of column 'payment': one of card, cash",
  ],
  [
    'a range',
    (onFailure) => ({ fare: fare.between(0, '10.5', { onFailure }) }),
    none,
    "(1, 10.51, 'card', NULL)",
    'fare_between',
    "rows break the check of column 'fare': between 0 and 10.5",
  ],
  [
    'a least value',
    (onFailure) => ({ ts: t.timestamp().nullable().min(new Date('2026-03-01'), { onFailure }) }),
    none,
    "(1, 1, 'card', '2026-02-28 23:59:59')",
    'ts_min',
    "rows break the check of column 'ts': at least 2026-03-01 00:00:00.000",
  ],
  [
    'a greatest value',
    (onFailure) => ({ zone: t.integer().nullable().max(2, { onFailure }) }),
    none,
    "(3, 1, 'card', NULL)",
    'zone_max',
    "rows break the check of column 'zone': at most 2",
  ],
  [
    'a pattern',
    (onFailure) => ({
      payment: t
        .varchar()
        .nullable()
        .matches(/^ca(rd|sh)$/i, { onFailure }),
    }),
    none,
    "(1, 1, 'voucher', NULL)",
    'payment_matches',
    "rows break the check of column 'payment': matches /^ca(rd|sh)$/i",
  ],
  [
    'a reference',
    (onFailure) => ({ zone: t.integer().nullable().references(zoneTable, 'id', { onFailure }) }),
    none,
    "(9, 1, 'card', NULL)",
    'zone_references_zones',
    "rows have a 'zone' that does not stand in zones.id",
  ],
]

describe('a check of rows', () => {
  it.each(rowCases)('%s lets good rows and NULL pass', async (_, columns, checks, __, name) => {
    const nulls = '(NULL, NULL, NULL, NULL)'
    for (const onFailure of ['fail', 'warn', 'reject'] as const) {
      const done = await written(columns(onFailure), checks(onFailure), [...good, nulls])
      expect(done).toMatchObject({ problems: [], kept: 3, rejected: 0 })
      expect(done.checks.map(short)).toEqual([`${name} | passed | 0`])
    }
  })

  it.each(rowCases)('%s fails the step', async (_, columns, checks, bad, name, says) => {
    const done = await written(columns('fail'), checks('fail'), [...good, bad, bad, bad])
    const code = name.includes('references') ? 'contract/reference' : 'contract/check'
    expect(done.problems).toEqual([`${code}: output table 'trips': 3 ${says}`])
    expect(done.checks.map(short)).toEqual([`${name} | failed | 3 | 3 ${says}`])
    expect(done.checks[0]?.severity).toBe('error')
    expect(await rowsIn(done.checks[0]?.file)).toBe(2)
  })

  const ofOne = (says: string) => says.replace('rows break', 'row breaks').replace('rows have', 'row has')

  it.each(rowCases)('%s warns, and keeps the rows', async (_, columns, checks, bad, name, says) => {
    const done = await written(columns('warn'), checks('warn'), [...good, bad])
    expect(done).toMatchObject({ problems: [], kept: 3, rejected: 0 })
    expect(done.checks.map(short)).toEqual([`${name} | warned | 1 | 1 ${ofOne(says)}`])
    expect(done.checks[0]?.severity).toBe('warn')
    expect(await rowsIn(done.checks[0]?.file)).toBe(1)
  })

  it.each(rowCases)('%s rejects rows', async (_, columns, checks, bad, name, says) => {
    const done = await written(columns('reject'), checks('reject'), [...good, bad, bad])
    expect(done).toMatchObject({ problems: [], kept: 2, rejected: 2 })
    const about = name.includes('references')
      ? `rows break the check of column 'zone': references zones.id`
      : says
    expect(done.checks.map(short)).toEqual([`${name} | rejected | 2 | 2 ${about}`])
    const file = path.join(done.outputs[1]?.folder ?? '', 'part-0.parquet')
    const [row] = await query(`SELECT broken_checks FROM '${file}' LIMIT 1`)
    expect(row).toEqual([[name]])
  })
})

/** A check of a table as a whole, rows that break it, and what is said. */
type TableCase = readonly [
  kind: string,
  make: (onFailure: 'fail' | 'warn') => { columns?: Columns; checks?: readonly TableCheck[] },
  bad: Rows,
  name: string,
  rows: number,
  says: string,
]
const tableCases: readonly TableCase[] = [
  [
    'a unique column',
    (onFailure) => ({ columns: { zone: t.integer().nullable().unique({ onFailure }) } }),
    [...good, ...good],
    'zone_unique',
    2,
    '2 values of the key (zone) stand in more than one row',
  ],
  [
    'unique columns',
    (onFailure) => ({ checks: [check.unique(['zone', 'fare'], { onFailure })] }),
    [...good, good[0] ?? ''],
    'zone_fare_unique',
    1,
    '1 value of the key (zone, fare) stands in more than one row',
  ],
  [
    'a number of rows',
    (onFailure) => ({ checks: [check.rowCount({ min: 1, max: 2, onFailure })] }),
    [...good, ...good],
    'row_count',
    0,
    "it has 4 rows, and between 1 and 2 are expected (check 'row_count')",
  ],
  [
    'an age',
    (onFailure) => ({ checks: [check.fresh('ts', { within: '24h', onFailure })] }),
    ["(1, 1, 'card', '2026-02-28 23:00:00')"],
    'ts_fresh',
    0,
    "its latest 'ts' is 2026-02-28 23:00:00, older than 24h (check 'ts_fresh')",
  ],
  [
    'a value over all rows',
    (onFailure) => ({ checks: [check.value('avg(fare)', { max: 8, name: 'mean_fare', onFailure })] }),
    ["(1, 9, 'card', now())", "(1, 8, 'card', now())"].map((row) => row.replace('now()', 'NULL')),
    'mean_fare',
    0,
    "avg(fare) is 8.5, and at most 8 is expected (check 'mean_fare')",
  ],
  [
    'a query',
    (onFailure) => ({
      checks: [
        check.query(
          ({ self, places }) =>
            sql`SELECT zone FROM ${self} AS s WHERE zone NOT IN (SELECT id FROM ${places} AS z) AND fare > ${1}`,
          { name: 'known_zones', tables: { places: zoneTable }, onFailure },
        ),
      ],
    }),
    [...good, "(7, 2, 'card', NULL)", "(8, 1, 'card', NULL)"],
    'known_zones',
    1,
    "1 row breaks the check 'known_zones'",
  ],
]

describe('a check of a table', () => {
  it.each(tableCases)('%s lets a good table pass', async (_, make, __, name) => {
    const { columns = {}, checks = [] } = make('fail')
    const done = await written(columns, checks, good)
    expect(done).toMatchObject({ problems: [], kept: 2 })
    expect(done.checks.map(short)).toEqual([`${name} | passed | 0`])
  })

  it.each(tableCases)('%s fails the step', async (_, make, bad, name, rows, says) => {
    const { columns = {}, checks = [] } = make('fail')
    const done = await written(columns, checks, bad)
    expect(done.problems.map((each) => each.replace(/^contract\/\w+: /, ''))).toEqual([
      `output table 'trips': ${says}`,
    ])
    expect(done.checks.map(short)).toEqual([`${name} | failed | ${rows} | ${says}`])
  })

  it.each(tableCases)('%s warns', async (_, make, bad, name, rows, says) => {
    const { columns = {}, checks = [] } = make('warn')
    const done = await written(columns, checks, bad)
    expect(done).toMatchObject({ problems: [], kept: bad.length })
    expect(done.checks.map(short)).toEqual([`${name} | warned | ${rows} | ${says}`])
    if (rows > 0) expect(await rowsIn(done.checks[0]?.file)).toBe(rows)
  })
})

describe('checks', () => {
  it('see what is left when rows are rejected, and tell every check', async () => {
    const columns = {
      fare: fare
        .check('fare >= 0', { onFailure: 'reject', name: 'not_negative' })
        .check('fare < 100', { onFailure: 'reject', name: 'not_absurd' })
        .check('fare > -5', { name: 'sane' })
        .check('fare < 9', { severity: 'warn', name: 'cheap' }),
    }
    const done = await written(columns, [check.rowCount({ min: 2 })], [...good, "(1, -7, 'x', NULL)"])
    expect(done).toMatchObject({ problems: [], kept: 2, rejected: 1 })
    expect(done.checks.map(short).toSorted()).toEqual([
      "cheap | warned | 1 | 1 row breaks the check 'cheap' of column 'fare': fare < 9",
      'not_absurd | passed | 0',
      "not_negative | rejected | 1 | 1 row breaks the check 'not_negative' of column 'fare': fare >= 0",
      'row_count | passed | 0',
      'sane | passed | 0',
    ])
  })

  it('that read a table which is not there are skipped', async () => {
    const away = { name: 'away', columns: { id: t.integer() } }
    const done = await written({ zone: t.integer().nullable().references(away, 'id') }, [], good)
    expect(done.checks.map(short)).toEqual([
      "zone_references_away | skipped | 0 | the check of column 'zone': references away.id was not made: table 'away' has no version",
    ])
  })

  it('see the table itself and its siblings as they will be', async () => {
    const people = contract('people', {
      id: t.integer(),
      boss: t
        .integer()
        .nullable()
        .references({ name: 'people', columns: { id: t.integer() } }, 'id'),
      team: t.integer().references({ name: 'teams', columns: { id: t.integer() } }, 'id'),
    })
    const teams = contract('teams', { id: t.integer() })
    const outputs = [
      { handle: 'people', table: people, folder: await rig.fresh() },
      { handle: 'teams', table: teams, folder: await rig.fresh() },
    ]
    const checks = await withSession(rig, { outputs }, async (session) => {
      await session.write(
        'people',
        renderQuery(sql`SELECT 1 AS id, NULL::INTEGER AS boss, 1 AS team UNION ALL SELECT 2, 1, 1`),
      )
      await session.write('teams', renderQuery(sql`SELECT 1 AS id`))
      await session.finish()
      return session.checks()
    })
    expect(checks.map(short)).toEqual([
      'boss_references_people | passed | 0',
      'team_references_teams | passed | 0',
    ])
  })

  it.each([
    [
      'a value of another type',
      {
        zone: t
          .integer()
          .nullable()
          .oneOf(['x' as never]),
      },
      [],
      'does not fit the table',
    ],
    [
      'a pattern that RE2 lacks',
      { payment: t.varchar().nullable().matches(/(?=x)/) },
      [],
      'does not fit the table',
    ],
    ['two expressions', {}, [check.value('avg(fare), 1', { min: 0 })], 'does not fit the table'],
    ['a query in a value', {}, [check.value('(SELECT 1)', { min: 0 })], 'holds a query'],
    ['a column as a value', {}, [check.value('fare', { min: 0 })], 'gives a value for each row'],
    ['a constant as a value', {}, [check.value('1', { min: 0 })], 'gives a value for each row'],
    ['brackets that close others', {}, ['fare > 0)) OR ((true'], 'does not parse'],
    ['brackets in a value', {}, [check.value('avg(fare)) + (1', { min: 0 })], 'does not parse'],
    ['text in a value', {}, [check.value('max(payment)', { min: 0 })], undefined],
    [
      'a file in a query',
      {},
      [check.query(() => sql`SELECT * FROM read_csv('/etc/passwd')`, { name: 'q' })],
      'is refused',
    ],
    ['a name in a query', {}, [check.query(() => sql`SELECT * FROM trips`, { name: 'q' })], 'is refused'],
    [
      'the clock in a query',
      {},
      [check.query(({ self }) => sql`SELECT now() FROM ${self} AS s`, { name: 'q' })],
      'is refused',
    ],
    [
      'a column in a query',
      {},
      [check.query(({ self }) => sql`SELECT nope FROM ${self} AS s`, { name: 'q' })],
      'does not bind',
    ],
    ['two statements', {}, [check.query(() => sql`SELECT 1; SELECT 2`, { name: 'q' })], 'does not parse'],
  ] as const)('are refused before anything runs: %s', async (_, columns, checks, message) => {
    const refused = written(columns, checks, good)
    if (message === undefined) await expect(refused).resolves.toBeDefined()
    else await expect(refused).rejects.toThrow(message)
  })
})

describe('all checks of a published table', () => {
  it('are made over its files, where rows to reject count as failed', async () => {
    const columns = {
      id: t.integer().references(zoneTable, 'id'),
      n: t.integer().max(1, { severity: 'warn' }),
    }
    const table = contract('silver.t', columns, { key: ['id'] })
    const files = [
      await writeRows(rig, contract('silver.t', { id: t.integer(), n: t.integer() }), [
        { id: 1, n: 1 },
        { id: 1, n: 2 },
        { id: 7, n: 0 },
      ]),
    ]
    const checks = await rig.engine.check({ table, files, others: { zones: [zones] }, now })
    expect(checks.map(short)).toEqual([
      'key | failed | 1 | 1 value of the key (id) stands in more than one row',
      "id_references_zones | failed | 1 | 1 row has a 'id' that does not stand in zones.id",
      "n_max | warned | 1 | 1 row breaks the check of column 'n': at most 1",
    ])
    const rejecting = contract(
      'silver.t',
      { id: t.integer().max(5, { onFailure: 'reject' }) },
      { rejects: 'r' },
    )
    expect((await rig.engine.check({ table: rejecting, files, now })).map(short)).toEqual([
      "id_max | failed | 1 | 1 row breaks the check of column 'id': at most 5",
    ])
  })
})

async function rowsIn(file: string | undefined): Promise<number> {
  if (file === undefined) throw new Error('no rows were kept')
  expect(readFileSync(file).length).toBeGreaterThan(0)
  const [row] = await query(`SELECT count(*)::INTEGER FROM '${file}'`)
  return Number(row?.[0])
}

async function query(text: string): Promise<unknown[][]> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const connection = await (await DuckDBInstance.create()).connect()
  return (await connection.runAndReadAll(text)).getRowsJson()
}
