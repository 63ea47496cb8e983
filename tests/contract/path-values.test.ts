import { expect, it } from 'vitest'
import { pathGlob, pathNames, pathReader } from '../../src/contract/path-values.ts'

it.each([
  ['raw/trips_{month}.csv', 'raw/trips_2019-01.csv', { month: '2019-01' }],
  ['raw/trips_{month}_*.csv', 'raw/trips_2019-01_b_c.csv', { month: '2019-01' }],
  ['raw/{month}/*.csv', 'raw/2019-01/a.csv', { month: '2019-01' }],
  ['raw/**/{region}/{month}.csv', 'raw/a/b/eu/2019.csv', { region: 'eu', month: '2019' }],
  ['raw/**/{month}.csv', 'raw/2019.csv', { month: '2019' }],
  ['./raw/{month}.{csv,csv.gz}', 'raw/2019-01.csv.gz', { month: '2019-01' }],
  ['raw/{m}/{m}_[ab]?.csv', 'raw/7/7_ax.csv', { m: '7' }],
  ['raw/a+b ($1)/{m}.csv', 'raw/a+b ($1)/x.csv', { m: 'x' }],
  ['raw/{m}/{m}.csv', 'raw/7/8.csv', undefined],
  ['raw/{m}.csv', 'raw/a/b.csv', undefined],
])('%s reads %s', (pattern, file, values) => {
  expect(pathReader(pattern)(file)).toEqual(values)
})

it('tells names and globs', () => {
  expect(pathNames('raw/{month}/{region}_{month}.{csv,gz}')).toEqual(['month', 'region'])
  expect(pathGlob('raw/{month}/{region}_{month}.{csv,gz}')).toBe('raw/*/*_*.{csv,gz}')
})
