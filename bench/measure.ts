/** Several runs of one thing. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly runs: readonly number[]
}

/** What is said of several runs. Throws when there is none. */
export function spreadOf(runs: readonly number[]): Spread {
  const sorted = runs.toSorted((a, b) => a - b)
  const low = sorted[Math.floor((sorted.length - 1) / 2)]
  const high = sorted[Math.ceil((sorted.length - 1) / 2)]
  const min = sorted[0]
  const max = sorted.at(-1)
  if (low === undefined || high === undefined || min === undefined || max === undefined)
    throw new Error('a spread needs at least one run')
  return { median: (low + high) / 2, min, max, runs }
}

/** Ratios of runs that were measured side by side: run by run, so that what slows a round slows both. */
export function ratioOf(runs: readonly number[], baseline: readonly number[]): Spread {
  return spreadOf(runs.map((value, at) => value / (baseline[at] ?? NaN)))
}

/**
 * Measures several things in turn, round by round, and begins each round with another one: a machine that
 * slows down or speeds up does so for all of them.
 *
 * @param rounds how many times each is measured; one round more goes before and is thrown away when `warmUp`;
 *   `inOrder` begins each round with the first, where one prepares the next
 */
export async function interleaved<K extends string>(
  rounds: number,
  sides: { readonly [key in K]: () => number | Promise<number> },
  { warmUp = true, inOrder = false }: { readonly warmUp?: boolean; readonly inOrder?: boolean } = {},
): Promise<{ [key in K]: number[] }> {
  const names = Object.keys(sides) as K[]
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as { [key in K]: number[] }
  for (let round = warmUp ? -1 : 0; round < rounds; round++) {
    const first = inOrder ? 0 : Math.max(round, 0) % names.length
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const value = await sides[name]()
      if (round >= 0) measured[name].push(value)
    }
  }
  return measured
}
