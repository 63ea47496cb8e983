import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { localStorage } from '../../src/storage/local.ts'
import { contentOf, isWhole, keyOf } from './race-writer.ts'
import type { creators, Outcome } from './race-writer.ts'
import { keysOf } from './objects.ts'

const script = fileURLToPath(new URL('race-writer.ts', import.meta.url))

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-race-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

/** Lets processes create the same keys; gives what each of them won. */
async function raceOf(creator: keyof typeof creators, writers: number, keys: number): Promise<Outcome[]> {
  const children = Array.from({ length: writers }, (_, i) =>
    fork(script, [creator, root, String(i), String(keys)], { execArgv: ['--import', 'tsx'] }),
  )
  try {
    await Promise.all(children.map(messageOf))
    const outcomes = Promise.all(children.map(messageOf))
    for (const child of children) child.send('go')
    return (await outcomes) as Outcome[]
  } finally {
    for (const child of children) child.kill()
  }
}

async function messageOf(child: ChildProcess): Promise<unknown> {
  const stop = new AbortController()
  const exited = once(child, 'exit', { signal: stop.signal }).then(([code]) => {
    throw new Error(`a writer ended with ${String(code)} before it was done`)
  })
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal: stop.signal }), exited])) as [
      unknown,
    ]
    return message
  } finally {
    exited.catch(() => undefined)
    stop.abort()
  }
}

/** What is wrong with the outcome of a race, as sentences; none when each key has one winner and its content. */
async function faultsOf(outcomes: readonly Outcome[], keys: number): Promise<Set<string>> {
  const faults = new Set<string>()
  const storage = localStorage(root)
  for (let number = 0; number < keys; number++) {
    const winners = outcomes.flatMap(({ won }, writer) => (won.includes(number) ? [writer] : []))
    if (winners.length === 0) faults.add('a key without a winner')
    if (winners.length > 1) faults.add('a key with two winners')
    const bytes = await storage.get(keyOf(number))
    if (!isWhole(bytes, number)) faults.add('an object that is not whole')
    else if (!winners.some((writer) => contentOf(writer, number).equals(bytes ?? Buffer.of()))) {
      faults.add('an object that no winner wrote')
    }
    if (outcomes.some(({ torn }) => torn.includes(number))) faults.add('a loser that saw no whole object')
  }
  return faults
}

describe('processes that create the same keys', { timeout: 120_000 }, () => {
  it('find exactly one winner for each key, and its content whole, at every moment', async () => {
    const outcomes = await raceOf('local', 8, 200)
    expect(await faultsOf(outcomes, 200)).toEqual(new Set())
    expect(outcomes.reduce((sum, { won }) => sum + won.length, 0)).toBe(200)
    expect(outcomes.filter(({ won }) => won.length > 0).length).toBeGreaterThan(1)
    expect(await keysOf(localStorage(root), '')).toHaveLength(200)
  })

  it('are caught by this test when they look first and rename later', async () => {
    await mkdir(join(root, 'log'))
    expect(await faultsOf(await raceOf('exists-then-rename', 8, 200), 200)).toContain(
      'a key with two winners',
    )
  })

  it('are caught by this test when they take the name first and write later', async () => {
    await mkdir(join(root, 'log'))
    const faults = await faultsOf(await raceOf('exclusive-then-write', 8, 200), 200)
    expect(faults).toContain('a loser that saw no whole object')
  })
})

it('shows readers whole objects while another process overwrites them', { timeout: 60_000 }, async () => {
  const storage = localStorage(root)
  await storage.put('hint.json', contentOf(0, 0))
  const other = fork(script, ['overwrite', root], { execArgv: ['--import', 'tsx'] })
  try {
    await messageOf(other)
    const done = messageOf(other)
    other.send('go')
    const first = (await storage.get('hint.json'))?.[0]
    let changes = 0
    for (let last = first; changes < 300;) {
      const bytes = await storage.get('hint.json')
      expect(isWhole(bytes, 0)).toBe(true)
      if (bytes?.[0] !== last) changes++
      last = bytes?.[0]
    }
    other.send('stop')
    await done
  } finally {
    other.kill()
  }
})
