import { join } from 'node:path'
import { compared, type Figure } from './figure.ts'
import { spreadOf } from './measure.ts'
import { timed } from './processes.ts'
import { checkout } from './scratch.ts'

const rounds = 5
const tests = 100

/** What one process tells, in milliseconds. */
interface Told {
  readonly first: number
  readonly select: number
  readonly code: number
  readonly bare: number
}

/** Tests of notebooks with the build, each round in a process of its own, as vitest runs a file. */
export async function testKit(): Promise<Figure[]> {
  const told = Array.from({ length: rounds }, () => {
    const { stdout } = timed(process.execPath, [join(checkout, 'bench/test-kit-only.mjs'), String(tests)])
    return JSON.parse(stdout) as Told
  })
  const bare = told.map((each) => each.bare)
  const about = (what: string) => ({ bench: 'test-kit', what, unit: 'ms' as const })
  const against = 'its SQL in bare DuckDB'
  return [
    { ...about('the first test of a process'), value: spreadOf(told.map(({ first }) => first)) },
    compared(
      about('a test of a `select` notebook'),
      told.map(({ select }) => select),
      against,
      bare,
    ),
    compared(
      about('a test of a `run` notebook'),
      told.map(({ code }) => code),
      against,
      bare,
    ),
  ]
}
