import { describe, expect, it, test } from 'vitest'
import { asked, values } from './kit-chosen.ts'

const all = values.length
const from = 'SELECT v FROM silver.trips'

describe('a query is given the partitions that its conditions ask for', () => {
  test.each([
    [`${from} WHERE month = '2019-01'`, 3],
    [`${from} WHERE '2019-02' >= month AND v > 3`, 9],
    [`${from} WHERE month IN ('2019-01', 'it''s') AND n <> 2`, 4],
    [`${from} AS t WHERE T."Month" LIKE '2019-%' AND NOT t.ok`, 2],
    [`${from} WHERE trips.month BETWEEN '2019-01' AND '2019-02' AND (n = 10 OR n < 0)`, 4],
    [`${from} WHERE day >= DATE '2019-03-01'`, 6],
    [`${from} WHERE day = '2019-01-01' OR day IS NULL`, 1],
    [`${from} WHERE n = '10'`, 4],
    [`${from} WHERE n::VARCHAR = '10' AND starts_with(month, '2019-01')`, 1],
    [`${from} WHERE month = 'none'`, 0],
    // The column goes before a name that the SELECT gives.
    [`SELECT upper(month) || 'x' AS month FROM silver.trips WHERE month = '2019-01'`, 3],
    [`WITH a AS (${from} WHERE month = '2019-01') SELECT * FROM a JOIN a AS b USING (v)`, 3],
    [`${from} WHERE month = '2019-01' UNION ALL ${from} WHERE month = '2019-02' AND n = 2`, 4],
    [`SELECT a.v FROM silver.trips a JOIN silver.trips AS b ON a.v = b.v WHERE a.month = '' AND b.n = 2`, 6],
    [`SELECT (SELECT max(v) FROM silver.trips t WHERE t.n = o.i AND t.month = '') FROM range(3) o(i)`, 3],
  ])('%s: %i', async (text, given) => {
    const { rows, ...told } = await asked(text)
    expect(told.given).toBe(given)
    expect(rows).toEqual((await asked(text, () => undefined)).rows)
  })
})

describe('a query is given all partitions where that is not certain', () => {
  test.each([
    from,
    `${from} WHERE v = 1`,
    `${from} WHERE month = '2019-01' OR v = 1`,
    `${from} WHERE length(month) = 4`,
    `${from} WHERE n = 9223372036854775807`,
    `${from} WHERE n < 1e1`,
    `${from} WHERE day < TIMESTAMPTZ '2019-01-02 00:00:00+00'`,
    `${from} WHERE day <= current_date`,
    `${from} WHERE n = (SELECT 2)`,
    `${from} WHERE month = '2019-01' UNION ALL ${from}`,
    `${from} TABLESAMPLE reservoir(1 ROWS) REPEATABLE (7) WHERE month = ''`,
    `SELECT v FROM silver.trips AS t(v, n, month) WHERE month = DATE '2019-01-01'`,
    `SELECT t.v FROM range(20) AS r(i) LEFT JOIN silver.trips t ON t.v = r.i WHERE t.month = '' OR t.month IS NULL`,
    `SELECT t.v FROM (SELECT 5 AS i) r POSITIONAL JOIN silver.trips AS t WHERE t.month = '2019-01'`,
    `SELECT t.v FROM (SELECT 40 AS i) AS r ASOF JOIN silver.trips t ON r.i >= t.v WHERE t.month = '2019-01'`,
    `SELECT t.v FROM silver.trips AS t, (SELECT '' AS month) AS o WHERE t.v = 1 AND o.month = ''`,
  ])('%s', async (text) => {
    const { rows, given } = await asked(text)
    expect(given).toBe(all)
    expect(rows).toEqual((await asked(text, () => undefined)).rows)
  })

  it('also where a value does not fit, which the query itself then tells', async () => {
    await expect(asked(`${from} WHERE n = 'ten'`)).rejects.toThrow(/Could not convert string 'ten'/)
  })
})
