import { expect, test } from 'vitest'
import { memoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { fresh, meta, publish, setting, versionsIn, wrapped } from './rig.ts'

const commits = 40

/** A storage whose process dies at one of its writes, before or after the write takes effect. */
function dying(
  inner: Storage,
  at: number,
  when: 'before' | 'after',
): { storage: Storage; writes: () => number } {
  let writes = 0
  let dead = false
  async function during<T>(write: () => Promise<T>): Promise<T> {
    const now = ++writes === at
    if (dead || (now && when === 'before')) dead = true
    else if (!now) return write()
    else await write()
    dead = true
    // Nothing that the process would do afterwards happens.
    return new Promise<T>(() => undefined)
  }
  const storage = wrapped(inner, {
    putIfAbsent: (key, bytes) => during(() => inner.putIfAbsent(key, bytes)),
    put: (key, bytes) => during(() => inner.put(key, bytes)),
  })
  return { storage, writes: () => writes }
}

/** Commits until the process dies; gives how many commits it was told to be made. */
async function worked(storage: Storage): Promise<number> {
  let done = 0
  const work = (async () => {
    const env = await fresh(storage)
    let state = await env.state()
    for (let n = 1; n <= commits; n++) {
      const result = await env.tryCommit(state, setting({ left: `v${n}`, right: `v${n}` }), meta)
      state = result.state
      done = n
      await env.flush()
    }
  })()
  // In memory every step is a microtask: when timers run, the work is over or waits for ever.
  await Promise.race([work, new Promise((resolve) => setImmediate(resolve))])
  return done
}

test('whichever write a process dies at, what it was told to be made is there, and others go on', async () => {
  const { storage: whole, writes } = dying(memoryStorage(), Infinity, 'before')
  expect(await worked(whole)).toBe(commits)
  for (let at = 1; at <= writes(); at++) {
    for (const when of ['before', 'after'] as const) {
      const inner = memoryStorage()
      const done = await worked(dying(inner, at, when).storage)
      const env = await fresh(inner)
      const state = await env.state()
      expect(state.commit - done, `write ${at}, ${when}`).toBeOneOf([0, 1])
      expect(state.damaged).toBeUndefined()
      const version = `v${state.commit}`
      expect(versionsIn(state)).toEqual(state.commit === 0 ? {} : { left: version, right: version })
      expect((await publish(env, setting({ left: 'next' }))).commit).toBe(state.commit + 1)
    }
  }
})
