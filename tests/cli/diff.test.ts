import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TableDiff } from '../../src/run/diff-result.ts'
import { Rig } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'

let rig: Rig
beforeAll(async () => {
  rig = await Rig.open(smallFlow)
  await rig.run('--env', 'prod')
  await rig.run('--env', 'dev')
  await rig.edit('data/sales.csv', '2,south,20.00', '2,south,21.00')
  await rig.edit('data/sales.csv', '3,north,5.25,c', '3,north,5.25,c\n4,east,7.00,')
  await rig.run('--env', 'dev')
})
afterAll(() => rig.close())

test('a table is compared between environments, with the cells that changed', async () => {
  const { code, out } = await rig.sluice('diff', 'silver.totals', 'prod..dev')
  expect(code).toBe(0)
  expect(out.split('\n')).toEqual([
    'silver.totals  prod@1 .. dev@2',
    '  rows     2 -> 3: 1 added, 1 changed',
    '  changed  total 1',
    '    ~ region=SOUTH   total 20.00 -> 21.00',
    '    + region=EAST total=7.00',
    '',
  ])
})

test('without a range the version before is compared with the head', async () => {
  const { out } = await rig.sluice('diff', 'bronze.sales', '--key', 'id', '--limit', '1')
  expect(out).toContain('bronze.sales  dev@1 .. dev@2')
  expect(out).toContain('~ id=2   amount 20.00 -> 21.00')
  expect(out).toContain('+ id=4 region=east amount=7.00 note=NULL')
})

test('a changed contract shows in the schema', async () => {
  const own = await Rig.open(smallFlow)
  try {
    await own.run()
    await own.edit(
      'notebooks/silver/totals.ts',
      'total: t.decimal(38, 2)',
      'n: t.bigint().nullable(), total: t.decimal(38, 2)',
    )
    await own.edit(
      'notebooks/silver/totals.ts',
      'sum(amount) AS total',
      'count(*) AS n, sum(amount) AS total',
    )
    await own.run()
    const { out } = await own.sluice('diff', 'silver.totals')
    expect(out).toContain('schema   + n BIGINT null')
    expect(out).toContain('rows     2 rows, all the same')
    expect(out).toContain('note     not compared: n')
  } finally {
    await own.close()
  }
})

test('all tables that differ are listed, by a range or by --env', async () => {
  const { out } = await rig.sluice('diff', 'prod..dev')
  expect(out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2).join(' '))).toEqual([
    'table versions',
    'bronze.sales prod@1 .. dev@2',
    'gold.report prod@1 .. dev@2',
    'silver.totals prod@1 .. dev@2',
    '3 tables differ.',
    '',
  ])
  expect((await rig.sluice('diff', '--env', 'prod..dev')).out).toBe(out)
  expect((await rig.sluice('diff', 'dev..dev')).out).toBe('No table differs.\n')
})

test('--json has a stable form', async () => {
  const { lines } = await rig.sluice('diff', 'silver.totals', 'prod..dev', '--json')
  const [found] = lines as unknown as TableDiff[]
  const version = (env: string, seq: number, rows: number) => {
    return { env, seq, rows, version: expect.any(String) as string, updatedAt: expect.any(String) as string }
  }
  expect(lines).toHaveLength(1)
  expect(found).toEqual({
    table: 'silver.totals',
    from: version('prod', 1, 2),
    to: version('dev', 2, 3),
    same: false,
    decidedBy: 'rows',
    schema: [],
    key: ['region'],
    columns: ['total'],
    notCompared: [],
    rows: {
      added: 1,
      removed: 0,
      changed: 1,
      same: 1,
      columns: [{ column: 'total', changed: 1 }],
      comparedAs: [],
      examples: {
        added: [{ row: { region: 'EAST', total: '7.00' }, count: 1 }],
        removed: [],
        changed: [
          { key: { region: 'SOUTH' }, cells: [{ column: 'total', before: '20.00', after: '21.00' }] },
        ],
      },
    },
  })
  expect((await rig.sluice('diff', 'prod..dev', '--json')).lines).toHaveLength(3)
})

test('differences are no failure, unless they shall be', async () => {
  expect((await rig.sluice('diff', 'silver.totals', 'prod..dev', '--exit-code')).code).toBe(1)
  expect((await rig.sluice('diff', 'silver.totals', 'dev..dev', '--exit-code')).code).toBe(0)
  expect((await rig.sluice('diff', 'prod..dev', '--exit-code')).code).toBe(1)
  expect((await rig.sluice('diff', 'dev..dev', '--exit-code')).code).toBe(0)
})

test('--markdown is a section for each table that differs', async () => {
  const { out } = await rig.sluice('diff', 'prod..dev', '--markdown')
  expect(out.match(/^### /gm)).toHaveLength(3)
  expect(out).toContain(
    '| <code>SOUTH</code> | <code>total</code> | <code>20.00</code> | <code>21.00</code> |',
  )
})

test('wrong names and usage end with 2', async () => {
  const calls = [
    ['silver.total', 'prod..dev'],
    ['silver.totals', 'prd..dev'],
    ['silver.totals', '1..9'],
    ['prod..dev', 'dev..prod'],
    ['prod..dev', '--key', 'id'],
    ['silver.totals', 'prod..dev', '--tolerance', 'x'],
    ['silver.totals', 'prod..dev', '--key', 'nope'],
    [],
  ]
  for (const words of calls) {
    const { code, err, out } = await rig.sluice('diff', ...words)
    expect([words, code, out]).toEqual([words, 2, ''])
    expect(err).toMatch(/\[(project\/usage|project\/unknown|storage\/version-unknown)\]/)
  }
})
