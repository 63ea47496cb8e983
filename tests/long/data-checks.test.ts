import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { Rig, type Ended } from '../run/rig.ts'

let rig: Rig | undefined
afterEach(() => rig?.close())

/** A table with some checks, a step that reads it, and one that reads its rejects. */
async function project(columns: string, options: string): Promise<Rig> {
  rig = await Rig.open({
    'data/trips.csv': 'id,zone,fare,ts\n1,1,5.00,2026-03-01\n2,2,-3.00,2026-03-01\n3,9,8.00,2026-03-01\n',
    'notebooks/trips.ts': `import { check, notebook, source, sql, t, table } from 'sluice'
export const files = source.csv('data/trips.csv', {
  name: 'files',
  columns: { id: t.integer(), zone: t.integer(), fare: t.decimal(10, 2), ts: t.timestamp() },
})
export const trips = table(
  'silver.trips',
  { id: t.integer(), zone: t.integer(), fare: t.decimal(10, 2), ts: t.timestamp(), ${columns} },
  { key: ['id'], rejects: 'silver.trips_rejects', ${options} },
)
export const unused = check
export default notebook({
  inputs: { files },
  outputs: { trips },
  select: { trips: ({ files }) => sql\`SELECT * FROM \${files} AS f\` },
})
`,
    'notebooks/bad.ts': `import { notebook, sql, t, table } from 'sluice'
import { trips } from './trips.ts'
export const report = table('gold.report', { id: t.integer(), broken: t.varchar() })
export default notebook({
  inputs: { bad: trips.rejects.pick('id', 'broken_checks') },
  outputs: { report },
  select: { report: ({ bad }) => sql\`SELECT coalesce(id, 0) AS id, array_to_string(broken_checks, '+') AS broken FROM \${bad} AS b\` },
})
`,
    'notebooks/total.ts': `import { notebook, sql, t, table } from 'sluice'
import { trips } from './trips.ts'
export const total = table('gold.total', { fares: t.decimal(38, 2).nullable() })
export default notebook({
  inputs: { trips: trips.pick('fare') },
  outputs: { total },
  select: { total: ({ trips }) => sql\`SELECT sum(fare) AS fares FROM \${trips} AS t\` },
})
`,
    'flows/main.ts': `import { flow } from 'sluice'
import trips, { files } from '../notebooks/trips.ts'
import total from '../notebooks/total.ts'
import bad from '../notebooks/bad.ts'
export default flow('main').source(files).step(trips).step(total).step(bad)
`,
  })
  return rig
}

const checksOf = ({ lines }: Ended) =>
  lines
    .filter(({ event }) => event === 'data-checked')
    .map(({ check, outcome, rows }) => `${String(check)} ${String(outcome)} ${String(rows)}`)

describe('a check that warns', () => {
  it('publishes, tells, keeps the rows, and what is downstream goes on', async () => {
    const on = await project("fare: t.decimal(10, 2).min(0, { severity: 'warn' })", '')
    const first = await on.run()
    expect([first.code, first.outcomes]).toEqual([0, { trips: 'ran', total: 'ran', bad: 'ran' }])
    expect(checksOf(first)).toEqual(['key passed 0', 'fare_min warned 1'])
    expect(await on.query('SELECT * FROM gold.total')).toEqual([{ fares: '10.00' }])
    const failures = JSON.parse((await on.sluice('show', 'silver.trips', '--failures', '--json')).out) as {
      checks: { check: string; rows: { rows: string[][] } }[]
    }
    expect(failures.checks.map(({ check, rows }) => [check, rows.rows])).toEqual([
      ['fare_min', [['2', '2', '-3.00', '2026-03-01 00:00:00']]],
    ])
    const csv = await on.sluice('show', 'silver.trips', '--failures', 'fare_min', '--csv')
    expect(csv.out).toBe('check,id,zone,fare,ts\nfare_min,2,2,-3.00,2026-03-01 00:00:00\n')
  })

  it('says so in the text, with the command that shows the rows', async () => {
    const on = await project("fare: t.decimal(10, 2).min(0, { severity: 'warn', name: 'fare_positive' })", '')
    const { out } = await on.sluice('run')
    expect(out).toContain(
      "! silver.trips: 1 row breaks the check 'fare_positive' of column 'fare': at least 0 (kept)\n" +
        '  see sluice show silver.trips --failures fare_positive\n',
    )
  })

  it('makes nothing stale when it comes or changes', async () => {
    const on = await project('', '')
    await on.run()
    await on.edit(
      'notebooks/trips.ts',
      'ts: t.timestamp(), ',
      "ts: t.timestamp().min('2027-01-01', { severity: 'warn' }), ",
    )
    const again = await on.run()
    expect([again.outcomes, checksOf(again)]).toEqual([{ trips: 'fresh', total: 'fresh', bad: 'fresh' }, []])
  })
})

describe('a check that fails', () => {
  it('publishes nothing, and keeps the rows all the same', async () => {
    const on = await project('fare: t.decimal(10, 2).min(0)', '')
    const first = await on.run()
    expect([first.code, first.outcomes]).toEqual([1, { trips: 'failed', total: 'blocked', bad: 'blocked' }])
    expect(checksOf(first)).toEqual(['key passed 0', 'fare_min failed 1'])
    expect(JSON.parse((await on.sluice('tables', '--json')).out)).toEqual([])
    const event = first.lines.find(({ check }) => check === 'fare_min')
    expect(event).toMatchObject({
      table: 'silver.trips',
      severity: 'error',
      where: { file: 'notebooks/trips.ts', line: 8 },
    })
    expect(existsSync(on.path(`storage/lake/${String(event?.['failures'])}`))).toBe(true)
    const shown = await on.sluice('show', 'silver.trips', '--failures')
    expect([shown.code, shown.out]).toEqual([0, expect.stringContaining('fare_min (1 row)')])
  })

  it('makes its step stale when it comes, and is held by the head', async () => {
    const on = await project('', '')
    await on.run()
    await on.edit(
      'notebooks/trips.ts',
      'ts: t.timestamp(), ',
      'ts: t.timestamp(), fare: t.decimal(10, 2).min(-1), ',
    )
    const again = await on.run()
    expect([again.code, again.outcomes['trips'], again.reasons['trips']]).toEqual([
      1,
      'failed',
      ['contract-changed'],
    ])
    const [head] = JSON.parse((await on.sluice('tables', '--json')).out) as { name: string; seq: number }[]
    expect(head).toMatchObject({ seq: 1 })
  })

  it('of a whole table fails the step', async () => {
    const on = await project(
      '',
      "checks: [check.rowCount({ min: 5 }), check.fresh('ts', { within: '1h', severity: 'warn' })]",
    )
    const first = await on.run()
    expect(first.code).toBe(1)
    expect(checksOf(first)).toEqual(['key passed 0', 'row_count failed 0', 'ts_fresh warned 0'])
  })
})

describe('a check that rejects', () => {
  const columns =
    "zone: t.integer().oneOf([1, 2], { onFailure: 'reject' }), fare: t.decimal(10, 2).min(0, { onFailure: 'reject' })"

  it('parts the rows in one commit, and another notebook reads them with types', async () => {
    const on = await project(columns, '')
    const first = await on.run()
    expect([first.code, first.outcomes]).toEqual([0, { trips: 'ran', total: 'ran', bad: 'ran' }])
    expect(checksOf(first).toSorted()).toEqual([
      'fare_min rejected 1',
      'key passed 0',
      'zone_one_of rejected 1',
    ])
    expect(await on.query('SELECT * FROM gold.report ORDER BY id')).toEqual([
      { id: 2, broken: 'fare_min' },
      { id: 3, broken: 'zone_one_of' },
    ])
    expect(await on.query('SELECT id FROM silver.trips')).toEqual([{ id: 1 }])
    const second = await on.run()
    expect(second.outcomes).toEqual({ trips: 'fresh', total: 'fresh', bad: 'fresh' })
    const forced = await on.run('--force', '--no-cache')
    expect([forced.code, forced.outcomes['trips']]).toEqual([0, 'ran'])
    const lineage = await on.sluice('lineage', 'silver.trips_rejects')
    expect(lineage.out).toContain('gold.report')
  })

  it('makes its step stale when it changes', async () => {
    const on = await project(columns, '')
    await on.run()
    await on.edit('notebooks/trips.ts', 'oneOf([1, 2]', 'oneOf([1, 2, 9]')
    const again = await on.run()
    expect(again.outcomes).toEqual({ trips: 'ran', total: 'ran', bad: 'ran' })
    expect(await on.query('SELECT id FROM silver.trips ORDER BY id')).toEqual([{ id: 1 }, { id: 3 }])
  })
})

describe('bad checks', () => {
  it('are told all at once, with their places, before anything runs', async () => {
    const on = await project(
      `zone: t.integer().oneOf([]).between(5, 1).check('zonne > 0', { name: 'same' }),
       fare: t.decimal(10, 2).min('x' as never, { name: 'Same' }).matches('['), `,
      `checks: [
        check.unique(['nope' as 'id'], { onFailure: 'reject' as 'fail' }),
        check.row('id > 0', { severity: 'warn', onFailure: 'fail', name: 'a b' }),
        check.rowCount({}),
        check.fresh('id', { within: 'soon' }),
      ]`,
    )
    const { code, lines } = await on.sluice('plan', '--json')
    const problems = lines.flatMap((line) =>
      'problem' in line ? [line['problem'] as { message: string; where?: { line: number } }] : [],
    )
    expect(code).toBe(2)
    expect(problems.map(({ message }) => message.replace("table 'silver.trips': ", '')).toSorted()).toEqual(
      [
        "the check 'a b' is a warning, and fails by onFailure: 'fail'",
        "the check 'a b' may hold only letters, digits, _ and -, and starts with a letter or _",
        "the check 'fare_matches' has a pattern that is not valid: /[/: Unterminated character class",
        "the check 'fare_matches' needs text, and column 'fare' is DECIMAL(10,2)",
        "the check 'id_fresh' has within 'soon', which is no length of time",
        "the check 'id_fresh' needs a date or timestamp, and column 'id' is INTEGER",
        "the check 'nope_unique' is about the whole table, so that it can reject no rows",
        "the check 'nope_unique' names the column 'nope', which does not exist",
        "the check 'row_count' has no bounds",
        "the check 'Same' has the value 'x', which is no number: column 'fare' is DECIMAL(10,2)",
        "the check 'zone_between' holds for no value: 5 is more than 1",
        "the check 'zone_one_of' allows no value",
        "the check 'zonne > 0' names the column 'zonne', which does not exist",
        "two checks are called 'Same'",
      ].toSorted(),
    )
    expect(problems.every(({ where }) => (where?.line ?? 0) >= 8)).toBe(true)
  })

  it('that reject need a table for the rows', async () => {
    const on = await project("fare: t.decimal(10, 2).min(0, { onFailure: 'reject' })", '')
    await on.edit('notebooks/trips.ts', "rejects: 'silver.trips_rejects', ", '')
    await on.edit('flows/main.ts', '.step(bad)', '')
    await on.edit('flows/main.ts', "import bad from '../notebooks/bad.ts'\n", '')
    const { lines } = await on.sluice('plan', '--json')
    expect(JSON.stringify(lines)).toContain("rejects: 'silver.trips_rejects'")
  })
})
