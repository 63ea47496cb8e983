import { afterAll, beforeAll, expect, test } from 'vitest'
import { openConnection } from '../../src/connect/open.ts'
import { retryPolicy } from '../../src/flow/retry-policy.ts'
import { withRetries } from '../../src/run/retry.ts'
import { problemsIn } from './kit.ts'
import { startProxy, type Proxy } from './proxy.ts'

let proxy: Proxy
beforeAll(async () => {
  proxy = await startProxy(1)
})
afterAll(() => proxy.close())

/** How often a server that answers so is asked by a step with two retries. */
async function tries(code: string | undefined, host = '127.0.0.1', port = proxy.port): Promise<number> {
  proxy.refuse = code
  let asked = 0
  const config = { kind: 'postgres', host, port, user: 'tester' } as const
  const { signal } = new AbortController()
  const around = {
    policy: retryPolicy(2),
    signal,
    failed: () => undefined,
    rest: () => Promise.resolve(),
  }
  const problems = await problemsIn(() =>
    withRetries(around, () => {
      asked++
      return openConnection({ root: process.cwd(), connections: { shop: config } }, 'shop')
    }),
  )
  expect(problems).toHaveLength(1)
  return asked
}

test.each([
  ['57P03', 'it starts up', 3],
  ['57P01', 'it is shut down', 3],
  ['53300', 'too many connections', 3],
  ['08006', 'its connection failed', 3],
  ['40001', 'others are in the way', 3],
  ['40P01', 'a deadlock', 3],
  ['55P03', 'a lock', 3],
  ['3D000', 'there is no such database', 1],
  ['28P01', 'a wrong password', 1],
  ['28000', 'nobody is let in', 1],
  ['42601', 'a wrong word', 1],
  ['42501', 'no right', 1],
])('a server that says %s (%s) is asked %3$i times', async (code, _, times) => {
  expect(await tries(code)).toBe(times)
})

test('a server that is not there is asked again, a name that is none is not', async () => {
  expect(await tries(undefined, '127.0.0.1', 1)).toBe(3)
  expect(await tries(undefined, 'nowhere.invalid')).toBe(1)
})
