import fc from 'fast-check'
import { problemsOf } from '../../src/base/problem.ts'
import type { Kind } from './kind.ts'
import { mendedPrototypes } from './prototypes.ts'

/** So many cases are read before prototypes, and what is rejected later, are looked at: each look costs as much as a case. */
const together = 50

export interface LookOptions {
  readonly seed: number
  readonly count: number
  /** Told of each case before it is read, by its number from 0. */
  readonly begin?: (at: number) => void
}

/** What a look at a kind of input found. */
export interface Looked {
  readonly faults: readonly string[]
  /** The case that took the most processor time, in milliseconds. */
  readonly slowest: number
}

/** What was thrown or rejected and nobody waited for. */
const later: unknown[] = []

/** From now on what nobody waits for is a fault of the case that did it; for a process of its own. */
export function catchLater(): void {
  process.on('unhandledRejection', (error) => later.push(error))
  process.on('uncaughtException', (error) => later.push(error))
}

/** Reads the cases of a kind that a seed stands for. Nothing but a ProblemError may be thrown, and nothing changed. */
export async function look(kind: Kind, { seed, count, begin }: LookOptions): Promise<Looked> {
  const faults: string[] = []
  let slowest = 0
  for (let from = 0; from < count; from += together) {
    const inputs = fc
      .sample(kind.cases, { seed: mixed(seed, from), numRuns: together })
      .slice(0, count - from)
    const found: string[] = []
    for (const [at, input] of inputs.entries()) {
      begin?.(from + at)
      const started = processorTime()
      const fault = await faultOf(kind, input)
      slowest = Math.max(slowest, processorTime() - started)
      if (fault !== undefined) found.push(`case ${from + at}: ${fault}`)
    }
    const left = await traces()
    faults.push(...(left === undefined ? found : await oneByOne(kind, inputs, { from, left })))
  }
  return { faults, slowest }
}

/** Which of some cases left something behind: each is read again, and looked at alone. */
async function oneByOne(
  kind: Kind,
  inputs: readonly unknown[],
  { from, left }: { readonly from: number; readonly left: string },
): Promise<string[]> {
  const found: string[] = []
  for (const [at, input] of inputs.entries()) {
    const fault = (await faultOf(kind, input)) ?? (await traces(input))
    if (fault !== undefined) found.push(`case ${from + at}: ${fault}`)
  }
  return found.length > 0 ? found : [`one of the cases ${from} to ${from + inputs.length - 1}: ${left}`]
}

async function faultOf(kind: Kind, input: unknown): Promise<string | undefined> {
  try {
    await kind.read(input as never)
    return undefined
  } catch (error) {
    return problemsOf(error) === undefined ? told(error, input) : undefined
  }
}

/** What cases left behind: prototypes that changed, which are put back, and what was rejected without anybody waiting. */
async function traces(input?: unknown): Promise<string | undefined> {
  const changed = mendedPrototypes()
  // What is rejected and not waited for is told before the next turn.
  await new Promise((resolve) => setImmediate(resolve))
  const errors = later.splice(0)
  if (changed.length > 0) return `a prototype changed: ${changed.map(String).join(', ')}`
  return errors.length > 0 ? `later: ${told(errors[0], input)}` : undefined
}

function told(error: unknown, input: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${stack.split('\n').slice(0, 6).join('\n')}\ninput: ${JSON.stringify(input)?.slice(0, 600)}`
}

/** The processor time of this process, in milliseconds. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Seeds that are neighbours must not share cases. */
function mixed(seed: number, from: number): number {
  return Math.imul(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ from, 0xc2b2ae35) | 0
}
