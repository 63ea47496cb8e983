import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Changes, EnvState } from '../../src/lake/types.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { fresh, head, meta, record, watched } from './rig.ts'

/** One commit of a random history: which writer makes it, and what it sets, removes or sets again. */
interface Move {
  readonly writer: number
  readonly tables: readonly (readonly [table: string, what: 'new' | 'same' | 'remove'])[]
  readonly steps: readonly (readonly [step: string, what: 'new' | 'remove'])[]
}

const move: fc.Arbitrary<Move> = fc.record({
  writer: fc.nat(2),
  tables: fc.array(
    fc.tuple(fc.constantFrom('a', 'b', 'c', '__proto__'), fc.constantFrom('new', 'new', 'same', 'remove')),
    { maxLength: 3 },
  ),
  steps: fc.array(fc.tuple(fc.constantFrom('s1', 's2', 'constructor'), fc.constantFrom('new', 'remove')), {
    maxLength: 2,
  }),
})

/** What a person would keep on paper: for each table its version and count, for each step its fingerprint. */
interface Paper {
  readonly tables: Map<string, { version: string; seq: number; commit: number }>
  readonly counts: Map<string, number>
  readonly steps: Map<string, { fingerprint: string; commit: number }>
}

function written(before: Paper, changes: Changes, commit: number): Paper {
  const paper = {
    tables: new Map(before.tables),
    counts: new Map(before.counts),
    steps: new Map(before.steps),
  }
  for (const [table, change] of Object.entries(changes.heads)) {
    const same = change !== null && paper.tables.get(table)?.version === change.version
    const seq = (paper.counts.get(table) ?? 0) + (same ? 0 : 1)
    paper.tables.delete(table)
    if (change === null) continue
    paper.counts.set(table, seq)
    paper.tables.set(table, { version: change.version, seq, commit })
  }
  for (const [step, change] of Object.entries(changes.steps)) {
    paper.steps.delete(step)
    if (change !== null) paper.steps.set(step, { fingerprint: change.fingerprint, commit })
  }
  return paper
}

function goneOf({ tables, counts }: Paper): Map<string, number> {
  return new Map([...counts].filter(([table]) => !tables.has(table)))
}

/** The counts are kept for the tables that are gone; the others have theirs in their heads. */
function seen(state: EnvState): Paper {
  return {
    counts: new Map(state.gone),
    tables: new Map(
      Array.from(state.heads, ([t, { version, seq, commit }]) => [t, { version, seq, commit }]),
    ),
    steps: new Map(Array.from(state.steps, ([s, { fingerprint, commit }]) => [s, { fingerprint, commit }])),
  }
}

function changesFor(made: Move, state: EnvState, id: number): Changes {
  const heads = made.tables.map(([table, what]) => {
    const version = what === 'same' ? state.heads.get(table)?.version : undefined
    return [table, what === 'remove' ? null : head(version ?? `v${id}`)] as const
  })
  const steps = made.steps.map(
    ([step, what]) => [step, what === 'remove' ? null : record(step, `f${id}`)] as const,
  )
  return { heads: Object.fromEntries(heads), steps: Object.fromEntries(steps) }
}

/** Makes the moves by three writers, each on top of the last state that it knows; the papers after each commit. */
async function played(storage: Storage, moves: readonly Move[]): Promise<Paper[]> {
  const writers = await Promise.all([0, 1, 2].map(() => fresh(storage)))
  const known = await Promise.all(writers.map((env) => env.state()))
  const papers: Paper[] = [{ tables: new Map(), counts: new Map(), steps: new Map() }]
  for (const [i, made] of moves.entries()) {
    const [env, base, paper] = [writers[made.writer], known[made.writer], papers.at(-1)]
    if (!env || !base || !paper) throw new Error('no such writer')
    let changes = changesFor(made, base, i)
    const judge = (state: EnvState) => (changes = changesFor(made, state, i))
    known[made.writer] = (await env.commit(base, changes, meta, judge)).state
    papers.push(written(paper, changes, i + 1))
  }
  return papers
}

test('the state as of every commit is what the commits up to it add up to', async () => {
  let checkpoints = 0
  const property = fc.asyncProperty(
    fc.array(move, { minLength: 1, maxLength: 80, size: 'max' }),
    async (moves) => {
      const { storage, written: objects } = watched(memoryStorage())
      const papers = await played(storage, moves)
      const reader = await fresh(storage)
      for (const [commit, paper] of papers.entries()) {
        expect(seen(await reader.state(commit))).toEqual({ ...paper, counts: goneOf(paper) })
      }
      expect((await reader.state()).commit).toBe(moves.length)
      checkpoints += objects.filter(({ key }) => key.includes('/checkpoint/')).length
    },
  )
  await fc.assert(property, { numRuns: 60 })
  expect(checkpoints).toBeGreaterThan(60)
})
