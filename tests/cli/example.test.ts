import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { exampleProject, sluice } from './rig.ts'

/** Some twenty processes, on a machine that may be busy. */
const patience = { timeout: 120_000 }

test('the project that init makes runs at once, and every command tells about it', patience, async () => {
  const cwd = await exampleProject()
  const say = async (...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await sluice(words, { cwd })
    expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' })
    return stdout
  }
  const lines = (text: string): object[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object)

  expect(await say('plan')).toContain('sales on dev: 2 steps would run')
  expect(await say('run')).toContain('2 ran in ')
  expect(await say('run')).toBe(
    `Nothing to do: 2 steps of sales are fresh. Tables of dev are in ${cwd}/storage/lake.\n`,
  )
  expect(lines(await say('run', '--json')).filter((event) => 'outcome' in event)).toMatchObject([
    { step: 'clean_sales', outcome: 'fresh', reasons: [], causes: [] },
    { step: 'revenue_by_city', outcome: 'fresh' },
  ])
  expect(await say('explain', 'revenue_by_city')).toMatch(/^revenue_by_city is fresh/)

  expect(JSON.parse(await say('tables', '--json', '--digest'))).toMatchObject([
    {
      name: 'gold.revenue_by_city',
      rows: 3,
      seq: 1,
      files: 1,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    },
    { name: 'silver.sales', rows: 5, notebook: expect.stringContaining('clean_sales') as string },
  ])
  expect(await say('tables')).toMatch(/^silver\.sales@1 +5 .*clean_sales/m)
  const shown = await say('show', 'gold.revenue_by_city')
  expect(shown).toContain('gold.revenue_by_city@1: What was sold in each city.')
  expect(shown).toMatch(/^city +VARCHAR +0 +\d+ +Berlin +Oslo$/m)
  expect(shown).toMatch(/^Oslo +1 +21\.40$/m)

  const sql = 'SELECT city, sales, revenue FROM gold.revenue_by_city ORDER BY city'
  expect(await say('query', sql, '--csv')).toBe(
    'city,sales,revenue\nBerlin,2,22.40\nLisbon,2,23.25\nOslo,1,21.40\n',
  )
  expect(lines(await say('query', sql, '--json'))[0]).toEqual({ city: 'Berlin', sales: 2, revenue: '22.40' })
  expect(await say('query', sql)).toBe(
    [
      'city    sales  revenue',
      'Berlin      2    22.40',
      'Lisbon      2    23.25',
      'Oslo        1    21.40',
      '',
    ].join('\n'),
  )
  const file = (await say('path', 'silver.sales')).trimEnd()
  expect((await readFile(file)).subarray(0, 4).toString()).toBe('PAR1')

  expect(lines(await say('log', '--json'))).toMatchObject([
    { number: 3, kind: 'publish', step: 'revenue_by_city' },
    { number: 2, step: 'clean_sales' },
    { number: 1, kind: 'create' },
  ])
  expect(await say('log', 'silver.sales')).toContain('silver.sales@1')
  const [latest] = lines(await say('runs', '--json')).toReversed() as [{ run: string }]
  expect(await say('runs', latest.run)).toContain('2 ran in ')
  expect(await say('lineage', 'silver.sales')).toContain('step clean_sales')
})

test('a notebook runs alone, and its first rows are shown', async () => {
  const cwd = await exampleProject()
  const { code, stdout } = await sluice(['run', 'silver/clean_sales', '--sample', '3'], { cwd })
  expect(code).toBe(0)
  expect(stdout).toContain('silver.sales (3 rows)')
  const tables = await sluice(['tables', '--json'], { cwd })
  expect(JSON.parse(tables.stdout)).toEqual([])
})

test('a table, flow or step that does not exist is a problem with a suggestion', async () => {
  const cwd = await exampleProject()
  const unknown: readonly (readonly [readonly string[], string])[] = [
    [['run', 'sale'], "'sales'"],
    [['explain', 'clean_sale'], "'clean_sales'"],
    [['lineage', 'silver.sale'], "'silver.sales'"],
    [['plan', '--select', 'clean_sale'], "'clean_sales'"],
  ]
  for (const [words, near] of unknown) {
    const { code, stderr } = await sluice(words, { cwd })
    expect([words, code]).toEqual([words, 2])
    expect(stderr).toContain(`did you mean ${near}`)
  }
})
