import { join } from 'node:path'
import { compared, type Figure } from './figure.ts'
import { timed } from './processes.ts'
import { checkout } from './scratch.ts'

const rounds = 3

/** Code versions of 1,000 notebooks, with and without what the stat index knows. */
export async function codeVersions(): Promise<Figure[]> {
  const texts = Array.from({ length: rounds }, () => script('code-version.ts'))
  const cold = texts.flatMap((text) => numbersIn(text, /^cold: .* code versions ([\d.]+) ms/gm))
  // The second warm look: the first one still keeps what the cold one has found.
  const warm = texts.flatMap((text) => numbersIn(text, /^warm: .* code versions ([\d.]+) ms/gm).slice(-1))
  return [compared({ bench: 'code-version', what: '1,000 notebooks, warm', unit: 'ms' }, warm, 'cold', cold)]
}

/** What the types of a chain of 500 steps cost `tsc`, against its notebooks alone. */
export async function chainTypes(): Promise<Figure[]> {
  const texts = Array.from({ length: rounds }, () => script('chain-types.ts'))
  const alone = texts.flatMap((text) => numbersIn(text, /notebooks: ([\d.]+) s/g))
  const chained = texts.flatMap((text) => numbersIn(text, /with the chain: ([\d.]+) s/g))
  const what = 'tsc of a chain of 500 steps'
  const about = { bench: 'chain-types', what, unit: 's', goal: { atMost: 2 } } as const
  return [compared(about, chained, 'its notebooks alone', alone)]
}

function script(name: string): string {
  return timed(process.execPath, ['--import', 'tsx', join(checkout, 'bench', name)]).stdout
}

function numbersIn(text: string, pattern: RegExp): number[] {
  const found = [...text.matchAll(pattern)].map((match) => Number(match[1]))
  if (found.length > 0) return found
  throw new Error(`no figure like ${pattern.source} in:\n${text}`)
}
