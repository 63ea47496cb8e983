import { randomFrom } from '../storage/chance.ts'

/** Whether the long variant of a test runs: every moment, many seeds. */
export const nightly = process.env['SLUICE_NIGHTLY'] === '1'

/** Makes a failure repeat the same choices. */
export const seed = Number(process.env['SLUICE_SEED'] ?? 20261120)

/** Some of a list, spread over all of it, in its order; all of it in the long variant. */
export function sample<T>(list: readonly T[], count: number, all = nightly): readonly T[] {
  if (all || list.length <= count) return list
  const step = list.length / count
  const offset = randomFrom(seed)() * step
  return Array.from({ length: count }, (_, at) => list[Math.floor(offset + at * step)]).filter(
    (item) => item !== undefined,
  )
}
