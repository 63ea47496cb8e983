import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openLake } from '../../../src/lake/lake.ts'
import type { Head, StepRecord } from '../../../src/lake/types.ts'
import { layout } from '../../../src/storage/layout.ts'
import { localStorage } from '../../../src/storage/local.ts'
import { collected } from '../rig.ts'
import type { WriterReport } from './writers.ts'

const script = fileURLToPath(new URL('./work.ts', import.meta.url))

/** A process that waits for its word. */
export interface Process {
  /** Lets it work, and gives what it did; fails when it ends without a word. */
  go<T>(): Promise<T>
  stop(): void
  kill(): void
}

export async function started(...args: string[]): Promise<Process> {
  const child = fork(script, args, { execArgv: ['--import', 'tsx'] })
  await message(child)
  return {
    go: <T>() => {
      const report = message<T>(child)
      child.send('go')
      return report
    },
    stop: () => child.send('stop'),
    kill: () => {
      if (child.exitCode === null) child.kill('SIGKILL')
    },
  }
}

async function message<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`a process ended with ${String(code)}`)),
  )
  const [said] = (await Promise.race([once(child, 'message'), ended])) as [T]
  return said
}

/** Everything in a log that is not as writers were told, attempt by attempt. */
export async function faultsOf(root: string, reports: readonly WriterReport[]): Promise<string[]> {
  const storage = localStorage(root)
  const env = (await openLake(storage)).env('dev')
  const faults = reports.flatMap((report) => report.faults)
  const count = (await collected(storage.list(layout.logFolder('dev')))).length
  const ids: string[] = ['']
  const heads = new Map<string, Head>()
  const steps = new Map<string, StepRecord>()
  for (let number = 1; number <= count; number++) {
    const entry = await env.entry(number)
    if (number > 1 && entry.parent !== ids[number - 1])
      faults.push(`commit ${number} does not follow the one before`)
    ids.push(entry.id)
    for (const [table, head] of Object.entries(entry.heads)) if (head) heads.set(table, head)
    for (const [step, record] of Object.entries(entry.steps)) if (record) steps.set(step, record)
  }
  if (new Set(ids).size !== count + 1) faults.push('two commits have one id')
  faults.push(...toldFaults(reports, ids))
  const state = await env.state()
  if (state.commit !== count) faults.push(`the state is of commit ${state.commit}, the log has ${count}`)
  if (JSON.stringify(sorted(state.heads)) !== JSON.stringify(sorted(heads)))
    faults.push('the state is not the sum of the log')
  return faults
}

/** Each number has one winner, who made it; who lost it was told what stands in the log. */
function toldFaults(reports: readonly WriterReport[], ids: readonly string[]): string[] {
  const faults: string[] = []
  const winners = new Map<number, string>()
  for (const { name, won, lost } of reports) {
    for (const { number, id } of won) {
      const other = winners.get(number)
      if (other !== undefined) faults.push(`${name} and ${other} both won commit ${number}`)
      winners.set(number, name)
      if (ids[number] !== id) faults.push(`commit ${number} of ${name} is not in the log`)
    }
    const mine = new Set(won.map(({ id }) => id))
    for (const { number, last, id } of lost) {
      if (last < number || ids[last] !== id)
        faults.push(`${name} lost commit ${number}, and was not told to whom`)
      if (mine.has(ids[number] ?? ''))
        faults.push(`${name} was told that it lost commit ${number}, which is its own`)
    }
  }
  if (winners.size !== ids.length - 1)
    faults.push(`${winners.size} commits were told, the log has ${ids.length - 1}`)
  return faults
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].toSorted(([a], [b]) => (a < b ? -1 : 1))
}
