import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openLake } from '../../src/lake/lake.ts'
import { layout } from '../../src/storage/layout.ts'
import { localStorage } from '../../src/storage/local.ts'
import type { ReaderReport, WriterReport } from './race-work.ts'
import { collected } from './rig.ts'

const script = fileURLToPath(new URL('./race-work.ts', import.meta.url))
let root = ''
let children: ChildProcess[] = []
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-race-'))
  await openLake(localStorage(root))
})
afterEach(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
  children = []
  await rm(root, { recursive: true })
})

async function started(...args: string[]): Promise<ChildProcess> {
  const child = fork(script, args, { execArgv: ['--import', 'tsx'] })
  children.push(child)
  await report(child)
  return child
}

/** The next message of a process; fails when it ends without one. */
async function report<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`a process ended with ${String(code)}`)),
  )
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [T]
  return message
}

/** Everything in the lake that is not as the writers believe it to be. */
async function faultsOf(reports: readonly WriterReport[], each: number): Promise<string[]> {
  const storage = localStorage(root)
  const env = (await openLake(storage)).env('prod')
  const faults = reports.flatMap((writer) => writer.faults)
  const believed = reports.flatMap(({ commits }) => commits).toSorted((a, b) => a.number - b.number)
  const listed = await collected(storage.list(layout.logFolder('prod')))
  if (listed.length !== believed.length)
    faults.push(`${believed.length} commits, but ${listed.length} in the log`)
  for (const [i, { number, id }] of believed.entries()) {
    if (number !== i + 1) faults.push(`commit ${number} is the ${i + 1}th: a number is double or skipped`)
    const entry = await env.entry(number)
    if (entry.id !== id) faults.push(`commit ${number} was lost`)
    if (number > 1 && entry.parent !== (await env.entry(number - 1)).id)
      faults.push(`commit ${number} has a wrong parent`)
  }
  const { heads } = await env.state()
  for (const { name } of reports) {
    for (const table of [`left_${name}`, `right_${name}`]) {
      const head = heads.get(table)
      if (head?.version !== `v${each}` || head.seq !== each)
        faults.push(`${table} is ${head?.version}, ${head?.seq}`)
    }
  }
  const sum = reports.reduce((total, { increments }) => total + increments, 0)
  const counted = heads.get('counter')?.rows ?? 0
  if (counted !== sum) faults.push(`the counter is ${counted} after ${sum} increments`)
  return faults
}

async function raced(
  writers: number,
  each: number,
  increments: (writer: number) => number,
  how: string,
): Promise<WriterReport[]> {
  const all = await Promise.all(
    Array.from({ length: writers }, (_, i) =>
      started('writer', root, `w${i}`, `${each}`, `${increments(i)}`, how),
    ),
  )
  const reports = all.map((child) => report<WriterReport>(child))
  for (const child of all) child.send('go')
  return Promise.all(reports)
}

test(
  'eight processes commit at once: none is lost, and a reader never sees half of one',
  { timeout: 120_000 },
  async () => {
    const reader = await started('reader', root)
    const seen = report<ReaderReport>(reader)
    reader.send('go')
    const reports = await raced(8, 50, (writer) => (writer < 3 ? 20 : 0), 'safe')
    reader.send('stop')
    expect(await faultsOf(reports, 50)).toEqual([])
    expect(reports.flatMap(({ commits }) => commits)).toHaveLength(460)
    const { faults, reads } = await seen
    expect(faults).toEqual([])
    expect(reads).toBeGreaterThan(20)
  },
)

test(
  'the same check finds what a store does that looks first and then writes',
  { timeout: 120_000 },
  async () => {
    const reports = await raced(4, 40, () => 0, 'naive')
    const faults = await faultsOf(reports, 40)
    expect(faults.filter((fault) => fault.endsWith('was lost'))).not.toEqual([])
  },
)
