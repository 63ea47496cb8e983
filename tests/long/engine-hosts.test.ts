import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Child, ChildEnded, type Answer, type Ask } from '../../src/run/child.ts'
import { EngineHosts } from '../../src/run/engine-hosts.ts'
import { processEntry } from '../../src/base/entries.ts'
import type { EngineCalls } from '../../src/run/protocol.ts'

/** An engine host that is ended by a signal as soon as it is asked something of one name. */
class Fragile extends Child<EngineCalls> {
  static culprit = 'SIGSEGV' as NodeJS.Signals
  override call<K extends keyof EngineCalls>(
    op: K,
    ask: Ask<EngineCalls[K]>,
    options?: Parameters<Child<EngineCalls>['call']>[2],
  ): Promise<Answer<EngineCalls[K]>> {
    const answer = super.call(op, ask, options)
    if (JSON.stringify(ask).includes('culprit')) this.process.kill(Fragile.culprit)
    return answer
  }
}

let folder: string
let started: Fragile[]
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-hosts-'))
  started = []
})
afterEach(async () => {
  await Promise.all(started.map((host) => host.kill()))
  await rm(folder, { recursive: true, force: true })
})

const engines = () =>
  new EngineHosts(() => {
    const { entry, execArgv } = processEntry('run/engine-main')
    const tempFolder = path.join(folder, String(started.length))
    const host = new Fragile(entry, { execArgv, engine: { memory: '200MB', threads: 1, tempFolder } })
    started.push(host)
    return host
  })

type Asks = (name: string) => Promise<unknown>

/** Asks for several things at once, of which one ends its process; what became of it that should not. */
async function violations(ask: Asks): Promise<string[]> {
  const names = ['first', 'culprit', 'second', 'third']
  const ends = await Promise.allSettled(names.map(ask))
  return names.flatMap((name, at) => {
    const end = ends[at]
    const died = end?.status === 'rejected' && end.reason instanceof ChildEnded
    return died === (name === 'culprit') ? [] : [`${name} ${died ? 'died' : 'lived'}`]
  })
}

const { signal } = new AbortController()
const queryOf = (name: string) => ({
  queries: [{ handle: name, query: { text: 'SELECT 1', params: [], relations: [] } }],
})

describe('an engine host that crashes', () => {
  it.each(['SIGSEGV', 'SIGKILL', 'SIGABRT'] as const)('by %s fails one step only', async (by) => {
    Fragile.culprit = by
    const hosts = engines()
    const cleaned: string[] = []
    const ask: Asks = (name) =>
      hosts.ask('queryDigests', queryOf(name), {
        signal,
        by: name,
        again: () => Promise.resolve(void cleaned.push(name)),
      })
    expect(await violations(ask)).toEqual([])
    // All of them were under way, and were put back before they were asked again.
    expect(cleaned.toSorted()).toEqual(['culprit', 'first', 'second', 'third'])
    // One that is known to do it never meets the others again.
    const before = started.length
    await Promise.allSettled(['fourth', 'culprit', 'fifth'].map(ask))
    expect(cleaned).toHaveLength(4)
    expect(started.length - before).toBe(2)
  })

  it('fails all steps where nobody asks again: the same test finds it out', async () => {
    Fragile.culprit = 'SIGSEGV'
    const hosts = engines()
    const found = await violations((name) => hosts.shared().call('queryDigests', queryOf(name), { signal }))
    expect(found).toEqual(['first died', 'second died', 'third died'])
  })
})

it('a step that says memory or threads has an engine of its own, which is kept for the next', async () => {
  const hosts = engines()
  const share = { memory: '100MB', threads: 1 }
  for (const by of ['one', 'two']) await hosts.ask('queryDigests', queryOf(by), { signal, by, share })
  expect(started).toHaveLength(1)
  await hosts.ask('queryDigests', queryOf('three'), { signal, by: 'three' })
  expect(started).toHaveLength(2)
})

it('an engine that was started before it was asked is the one that is asked, if it has the same share', async () => {
  const hosts = engines()
  const share = { reach: 'all' } as const
  for (const each of [share, share, undefined]) hosts.warm(each)
  expect(started).toHaveLength(2)
  await hosts.ask('queryDigests', queryOf('one'), { signal, by: 'one', share })
  await hosts.ask('queryDigests', queryOf('two'), { signal, by: 'two' })
  expect(started).toHaveLength(2)
  await hosts.ask('queryDigests', queryOf('three'), { signal, by: 'three', share: { ...share, threads: 1 } })
  expect(started).toHaveLength(3)
})
