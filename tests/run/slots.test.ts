import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Slots } from '../../src/run/slots.ts'

const limits = { warehouse: 2, api: 1 } as const
type Pool = keyof typeof limits
const most = 3

interface Piece {
  readonly pools: readonly Pool[]
  /** How many turns of the loop it takes, and how long it rests in its midst; 0 for no rest. */
  readonly turns: number
  readonly rest: number
}

const pieces = fc.array(
  fc.record<Piece>({
    pools: fc.uniqueArray(fc.constantFrom<Pool>('warehouse', 'api'), { maxLength: 2 }),
    turns: fc.integer({ min: 0, max: 4 }),
    rest: fc.constantFrom(0, 0, 0, 1),
  }),
  { maxLength: 20 },
)

/** Runs all pieces; what ran together too much. Ends only when every piece has ended. */
async function violations(slots: Pick<Slots, 'hold'>, work: readonly Piece[]): Promise<string[]> {
  const found: string[] = []
  const running: Piece[] = []
  const { signal } = new AbortController()
  const look = () => {
    if (running.length > most) found.push(`${running.length} at once`)
    for (const [pool, places] of Object.entries(limits)) {
      const count = running.filter(({ pools }) => pools.includes(pool as Pool)).length
      if (count > places) found.push(`${count} in ${pool}`)
    }
  }
  const during = async (piece: Piece) => {
    running.push(piece)
    look()
    for (let turn = 0; turn < piece.turns; turn++) await new Promise((resolve) => setImmediate(resolve))
    running.splice(running.indexOf(piece), 1)
  }
  await Promise.all(
    work.map((piece) =>
      slots.hold(piece.pools, async (slot) => {
        await during(piece)
        if (piece.rest > 0) await slot.rest(piece.rest, signal)
        await during(piece)
      }),
    ),
  )
  return found
}

describe('places', () => {
  it('are never more than there are, in all and in each pool, and everybody gets one', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (work) => {
        expect(await violations(new Slots(most, limits), work)).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  it('that know no pools are found out by the same test', async () => {
    const blind = new Slots(most, {})
    const work: Piece[] = Array.from({ length: 4 }, () => ({ pools: ['api'], turns: 2, rest: 0 }))
    expect(await violations(blind, work)).toContain('2 in api')
  })

  it('are free for others while one waits for a pool', async () => {
    const slots = new Slots(2, limits)
    const ended: string[] = []
    let free: () => void = () => undefined
    const first = slots.hold(['api'], () => new Promise<void>((resolve) => (free = resolve)))
    const waits = slots.hold(['api'], () => Promise.resolve(ended.push('waits')))
    await slots.hold([], () => Promise.resolve(ended.push('other')))
    expect(ended).toEqual(['other'])
    free()
    await Promise.all([first, waits])
    expect(ended).toEqual(['other', 'waits'])
  })

  it('are given back when the rest of one is broken off', async () => {
    const slots = new Slots(1, {})
    const stop = new AbortController()
    const rests = slots.hold([], (slot) => slot.rest(60_000, stop.signal))
    stop.abort()
    await expect(rests).rejects.toThrow('aborted')
    expect(await slots.hold([], () => Promise.resolve('next'))).toBe('next')
  })
})
