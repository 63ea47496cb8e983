import { expect, test } from 'vitest'
import { addressOf } from '../../src/connect/postgres-address.ts'
import { resolvedConfig } from '../../src/connect/references.ts'
import type { PostgresConfig } from '../../src/connect/config.ts'
import { parseConfig } from '../../src/flow/project-config.ts'
import { problemsIn } from './kit.ts'

const wrong: readonly [yaml: string, place: string, message: RegExp][] = [
  ['connections: { shop: { kind: mysql } }', '1:30', /'kind' is 'postgres' or 'sqlite'/],
  ['connections:\n  shop: { kind: postgres }', '2:9', /one of 'url' and 'host' must be given/],
  [
    'connections:\n  shop: { kind: sqlite, file: a.db, pragma: x }',
    '2:37',
    /no setting `connections.shop.pragma`/,
  ],
  ['connections:\n  shop: { kind: sqlite }', '2:9', /file/],
  ["connections:\n  'a b': { kind: sqlite, file: a.db }", '2:10', /letters, digits/],
  [
    'connections:\n  a: { kind: postgres, host: h, password: hunter22 }',
    '2:43',
    /a secret stands in the file itself/,
  ],
  [
    'connections:\n  a: { kind: postgres, url: "postgres://me:hunter22@h/db" }',
    '2:29',
    /a password stands in the file/,
  ],
  ['connections:\n  a: { kind: postgres, url: "mysql://h/db" }', '2:29', /is not an address/],
  ['connections:\n  a: { kind: postgres, url: "${file:x}" }', '2:29', /not of the form/],
  ['connections:\n  a: { kind: postgres, host: h, sslmode: maybe }', '2:42', /sslmode/],
]

test.each(wrong)('%s', async (yaml, place, message) => {
  const problems = await problemsIn(() => Promise.resolve().then(() => parseConfig(yaml, 'sluice.yaml')))
  expect(problems).toHaveLength(1)
  expect(problems[0]?.message).toMatch(message)
  expect(`${problems[0]?.where?.line}:${problems[0]?.where?.column}`).toBe(place)
  expect(JSON.stringify(problems)).not.toContain('hunter22')
})

const context = { root: '/nowhere', name: 'shop' }
const address = (config: Omit<PostgresConfig, 'kind'>) => {
  const { client, ssl } = addressOf(context, { kind: 'postgres', ...config })
  const { host, port, database, user, password } = client
  return { host, port, database, user, password, ssl, tls: client.ssl !== false }
}

test('an address is taken apart as libpq does it', () => {
  const all = {
    host: 'h',
    port: 5433,
    database: 'db',
    user: 'me',
    password: 'a@b/c%',
    ssl: 'verify-full',
    tls: true,
  }
  expect(address({ url: 'postgres://me:a%40b%2Fc%25@h:5433/db?sslmode=verify-full' })).toEqual(all)
  const least = { host: 'h', port: 5432, database: 'me', user: 'me', password: '', ssl: 'prefer', tls: true }
  expect(address({ url: 'postgresql://me@h' })).toEqual(least)
  const socket = { ...least, host: '/run/pg', database: 'db', tls: false }
  expect(address({ url: 'postgres://me@/db?host=/run/pg' })).toEqual(socket)
  expect(address({ url: 'postgres://me@h/db', host: '::1', sslmode: 'disable' })).toMatchObject({
    host: '::1',
    tls: false,
  })
})

test('values of variables are put in their places', async () => {
  process.env['SHOP_PW'] = 'p@ss/word'
  const config = resolvedConfig('shop', { kind: 'postgres', url: 'postgres://me:${env:SHOP_PW}@h/db' })
  expect(address(config)).toMatchObject({ host: 'h', password: 'p@ss/word' })
  delete process.env['NOT_THERE']
  const unset = () => resolvedConfig('shop', { kind: 'postgres', host: '${env:NOT_THERE}' })
  expect(await problemsIn(() => Promise.resolve().then(unset))).toMatchObject([
    { code: 'connection/config-invalid', hint: 'set NOT_THERE' },
  ])
})

const odd: readonly [url: string, message: RegExp][] = [
  ['postgres://h:99999/db', /is not an address/],
  ['postgres://h/db?options=-c', /the option 'options'/],
  ['postgres://h/db?sslmode=maybe', /none of disable/],
  ['postgres://me:100%@h/db', /%25/],
]

test.each(odd)('%s', async (url, message) => {
  const problems = await problemsIn(() => Promise.resolve().then(() => address({ url })))
  expect(problems[0]?.message).toMatch(message)
})
