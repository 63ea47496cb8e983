/**
 * What the processes of `race.test.ts` do, and how they talk: each says `ready`, does its work when it is told
 * `go`, and sends what it did as one message. Started as `node --import tsx race-work.ts <kind> <root> ...`.
 */
import { openLake } from '../../src/lake/lake.ts'
import { localStorage } from '../../src/storage/local.ts'
import type { Storage } from '../../src/storage/storage.ts'
import type { EnvState } from '../../src/lake/types.ts'
import { head, meta, setting, wrapped } from './rig.ts'

/** What a writer has done: its commits as it believes them. */
export interface WriterReport {
  readonly name: string
  readonly commits: readonly { readonly number: number; readonly id: string }[]
  readonly increments: number
  readonly faults: readonly string[]
}

/** What a reader has seen. */
export interface ReaderReport {
  readonly reads: number
  readonly faults: readonly string[]
}

/** A wrong put-if-absent: it looks, then writes. Two writers can both see nothing and both believe that they were first. */
function existsThenWrite(inner: Storage): Storage {
  return wrapped(inner, {
    putIfAbsent: async (key, bytes) => {
      if ((await inner.stat(key)) !== undefined) return false
      await inner.put(key, bytes)
      return true
    },
  })
}

/** Sets two tables of its own to one version in each commit; then adds one to a number that others add to as well. */
async function write(
  root: string,
  name: string,
  count: number,
  increments: number,
  naive: boolean,
): Promise<WriterReport> {
  const storage = naive ? existsThenWrite(localStorage(root)) : localStorage(root)
  const lake = await openLake(storage)
  const env = lake.env('prod')
  const commits: { number: number; id: string }[] = []
  const faults: string[] = []
  try {
    let state = await env.state()
    for (let i = 1; i <= count; i++) {
      const changes = setting({ [`left_${name}`]: `v${i}`, [`right_${name}`]: `v${i}` })
      const result = await env.commit(state, changes, { ...meta, run: name }, () => changes)
      if (result.committed) commits.push({ number: result.entry.number, id: result.entry.id })
      state = result.state
    }
    const plusOne = (now: EnvState) => {
      const rows = (now.heads.get('counter')?.rows ?? 0) + 1
      return { heads: { counter: head(`n${rows}-${name}`, rows) }, steps: {} }
    }
    for (let i = 0; i < increments; i++) {
      const result = await env.commit(state, plusOne(state), meta, plusOne)
      if (result.committed) commits.push({ number: result.entry.number, id: result.entry.id })
      state = result.state
    }
  } catch (error) {
    faults.push(`writer ${name}: ${String(error)}`)
  }
  await lake.close()
  return { name, commits, increments, faults }
}

/** Reads the newest state again and again, warm and cold, until it is told to stop. */
async function read(root: string, stopped: () => boolean): Promise<ReaderReport> {
  const warm = (await openLake(localStorage(root))).env('prod')
  const faults: string[] = []
  let last = 0
  let reads = 0
  for (; !stopped() || reads < 2; reads++) {
    try {
      const env = reads % 2 === 0 ? warm : (await openLake(localStorage(root))).env('prod')
      const state = await env.state()
      if (state.commit < last) faults.push(`commit ${state.commit} was read after commit ${last}`)
      last = state.commit
      faults.push(...mixed(state))
      if (last > 1) faults.push(...mixed(await env.state(1 + ((reads * 7) % last))))
    } catch (error) {
      faults.push(`reader: ${String(error)}`)
    }
  }
  return { reads, faults }
}

function mixed(state: EnvState): string[] {
  const faults = state.damaged?.map((key) => `${key} is damaged at commit ${state.commit}`) ?? []
  for (const [table, { version }] of state.heads) {
    const twin = state.heads.get(table.replace('left_', 'right_'))?.version
    if (twin !== version) faults.push(`commit ${state.commit}: ${table} is ${version}, its twin ${twin}`)
  }
  return faults
}

if (process.send !== undefined && process.argv[1]?.endsWith('race-work.ts')) {
  const [kind, root = '', name = '', count, increments, how] = process.argv.slice(2)
  let stop = false
  process.on('disconnect', () => process.exit(1))
  process.on('message', (message) => {
    if (message === 'stop') stop = true
    if (message !== 'go') return
    const work =
      kind === 'reader'
        ? read(root, () => stop)
        : write(root, name, Number(count), Number(increments), how === 'naive')
    void work.then((report) => process.send?.(report, () => process.disconnect()))
  })
  process.send('ready')
}
