import { expect, it, test } from 'vitest'
import { inRange, partChecks } from '../../src/run/partition-ask.ts'
import { lateRowsOf, statusOf } from '../../src/run/partition-status.ts'
import { check, t, table } from '../../src/index.ts'
import { declareTable } from '../../src/contract/declare.ts'

const monthly = { every: 'month', completeAfter: 2 * 3_600_000 } as const
const january = { values: ['2019-01'], rows: 1 }

it.each([
  ['2019-01-15T00:00:00Z', january, 'open'],
  ['2019-02-01T01:59:59.999Z', january, 'open'],
  ['2019-02-01T02:00:00Z', january, 'complete'],
  ['2019-02-01T02:00:00Z', { ...january, reopenedAt: '2019-02-01T02:00:00Z' }, 'reopened'],
])('at %s a partition is what its clock says', (now, entry, status) => {
  expect(statusOf(monthly, entry, Date.parse(now))).toBe(status)
})

test('a partition has no status where nobody says when it is complete', () => {
  expect(statusOf({ every: 'month' }, january, 0)).toBeUndefined()
})

test('late rows of several inputs of a partition are counted together', () => {
  const late = [
    { values: ['2019-01'], input: 'a', rows: 2 },
    { values: ['2019-01'], input: 'b', rows: 1 },
    { values: ['2019-02'], input: 'a', rows: -4 },
  ]
  expect([...lateRowsOf({ by: ['month'], base: '', as: '', late })]).toEqual([
    ['2019-01', 3],
    ['2019-02', 0],
  ])
})

it.each([
  ['2019-03', '2019-03', '2019-03', true],
  ['2019-03-31', '2019-01', '2019-03', true],
  ['2019-04-01', '2019-01', '2019-03', false],
  ['2018-12', '2019', undefined, false],
  ['2019-12', undefined, '2019', true],
  ['2020-01', undefined, '2019', false],
  ['9', '8', '10', true],
  ['10', '8', '9', false],
  ['2019-01-31T23', '2019-01', '2019-01', true],
])('%s from %s to %s: %s', (value, from, to, within) => {
  const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  expect(inRange([value], range)).toBe(within)
})

test('what can only be checked over all partitions is checked there, and nothing is left out', () => {
  const columns = { month: t.varchar(), id: t.integer().check('id > 0'), zone: t.integer() }
  const trips = table('silver.trips', columns, {
    key: ['id'],
    partitionBy: ['month'],
    checks: [check.unique(['month', 'zone']), check.unique(['zone']), check.rowCount({ min: 1 })],
  })
  const declared = declareTable(trips.origin)
  const { part, whole } = partChecks(declared, ['month'], new Set(['silver.trips']))
  expect(part.key).toEqual([])
  expect(part.columns.find(({ name }) => name === 'id')?.nullable).toBe(false)
  expect(whole?.key).toEqual(['id'])
  const names = (list: readonly { name: string }[] = []) => list.map(({ name }) => name)
  expect([...names(part.checks), ...names(whole?.checks)].toSorted()).toEqual(
    names(declared.checks).toSorted(),
  )
  expect(whole?.checks.map(({ kind }) => kind)).toEqual(['unique', 'rowCount'])
  const keyed = declareTable(table('x.y', columns, { key: ['month', 'id'], partitionBy: ['month'] }).origin)
  expect(partChecks(keyed, ['month'], new Set()).whole).toBeUndefined()
})
