import { expect, test } from 'vitest'
import { declareSource } from '../../src/contract/declare.ts'
import { source } from '../../src/contract/source.ts'
import type { WebOptions } from '../../src/contract/source-web.ts'
import { t } from '../../src/contract/types.ts'
import { sourceProblems } from '../../src/flow/check-source.ts'

const at = 'https://example.org/rows.csv'
const told = (paths: string | readonly string[], options: WebOptions = {}) =>
  sourceProblems(
    declareSource(source.csv(paths, { name: 'rows', columns: { id: t.bigint() }, ...options }).origin),
  ).map(({ message }) => message.replace("source 'rows' ", ''))

test('addresses with headers, limits and a query are right', () => {
  const headers = { Authorization: 'Bearer ${env:TOKEN}', Accept: 'text/csv' }
  expect(told(`${at}?year=2026`, { headers, refresh: '1h', timeout: '5m', maxSize: '2GB' })).toEqual([])
})

test.each<[paths: string | string[], options: WebOptions, message: string]>([
  ['file:///etc/hostname', {}, "names 'file:///etc/hostname'"],
  ['ftp://example.org/x.csv', {}, "names 'ftp://example.org/x.csv'"],
  ['https://', {}, "has the address 'https://', which is none"],
  ['https://me:secret@example.org/x.csv', {}, 'has a user or password in its address'],
  ['https://example.org/*.csv', {}, "has a pattern in its address 'https://example.org/*.csv'"],
  [[at, 'x.csv'], {}, 'has addresses and paths'],
  ['x.csv', { refresh: '1h' }, 'has refresh, which is only for addresses'],
  [at, { refresh: 'often' }, "has refresh: 'often'"],
  [at, { timeout: '0s' }, "has timeout: '0s'"],
  [at, { maxSize: 'big' }, "has maxSize: 'big'"],
  [at, { headers: { Range: 'bytes=0-9' } }, "has the header 'Range', which is set for each request"],
  [at, { headers: { 'X-Api-Key': 'abc' } }, "has the header 'X-Api-Key' as plain text"],
  [at, { headers: { 'a b': 'c' } }, "has the header 'a b', which is none"],
])('%j %j is told', (paths, options, message) => {
  expect(told(paths, options)).toEqual([message])
})
