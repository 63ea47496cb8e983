import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { openLake } from '../../src/lake/lake.ts'
import { localStorage } from '../../src/storage/local.ts'
import { nightly } from '../crash/seeds.ts'
import { faultsOf, started } from '../lake/contention/rig.ts'
import type { Process } from '../lake/contention/rig.ts'
import type { Kind, ReaderReport } from '../lake/contention/readers.ts'
import type { How, WriterReport } from '../lake/contention/writers.ts'
import { emptyProject, publishTable } from '../run/lake-rig.ts'

let processes: Process[] = []
afterEach(() => {
  for (const each of processes) each.kill()
  processes = []
})

async function all(count: number, args: (n: number) => string[]): Promise<Process[]> {
  const begun = await Promise.all(Array.from({ length: count }, (_, n) => started(...args(n))))
  processes.push(...begun)
  return begun
}

/** Writers that begin together, each with as many commits to make; what they were told that is not so. */
async function race(
  writers: number,
  each: number,
  how: How,
): Promise<{ reports: WriterReport[]; faults: string[] }> {
  const root = await mkdtemp(path.join(tmpdir(), 'sluice-contention-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  await openLake(localStorage(root))
  const begun = await all(writers, (n) => ['writer', root, `w${n}`, `${each}`, how])
  const reports = await Promise.all(begun.map((writer) => writer.go<WriterReport>()))
  return { reports, faults: await faultsOf(root, reports) }
}

test('of 8 processes with 2,000 commits each, every number has one winner, and every loser is told', async () => {
  const start = performance.now()
  const { reports, faults } = await race(8, nightly ? 10_000 : 2000, 'safely')
  const [won, lost] = [reports.flatMap((report) => report.won), reports.flatMap((report) => report.lost)]
  console.log(
    `contention: ${won.length} commits, ${lost.length} lost races, ${Math.round((performance.now() - start) / 1000)} s`,
  )
  expect(faults).toEqual([])
  expect(won).toHaveLength(nightly ? 80_000 : 16_000)
  expect(lost.length).toBeGreaterThan(100)
})

test.each(['looks-first-and-renames', 'takes-the-name-and-writes'] as const)(
  'the same check finds a store that %s',
  async (how) => {
    const { faults } = await race(4, 150, how)
    expect(faults).not.toEqual([])
  },
)

/** A project whose tables `twin_a` and `twin_b` have had the stamps 1 to 6, always both. */
async function twins(): Promise<string> {
  const project = await emptyProject()
  const columns = [{ name: 'n', type: 'BIGINT', nullable: false }]
  for (let stamp = 1; stamp <= 6; stamp++)
    for (const twin of ['twin_a', 'twin_b'])
      await publishTable(project, twin, columns, `SELECT ${stamp}::BIGINT AS n FROM range(3)`)
  return project
}

/** What readers of some kinds see while the twins are set again and again. */
async function watched(
  kinds: readonly Kind[],
  commits: number,
  how: 'together' | 'one by one',
): Promise<ReaderReport[]> {
  const project = await twins()
  const [writer] = await all(1, () => ['twins', path.join(project, 'storage/lake'), how, `${commits}`])
  const readers = await all(kinds.length, (n) => ['reader', project, kinds[n] ?? ''])
  const reports = readers.map((reader) => reader.go<ReaderReport>())
  const written = await writer?.go<WriterReport>()
  expect(written?.won).toHaveLength(commits)
  for (const reader of readers) reader.stop()
  return Promise.all(reports)
}

test('readers see no mixed versions, no error and no step back during 10,000 commits', async () => {
  const reports = await watched(['states', 'files', 'queries'], nightly ? 100_000 : 10_000, 'together')
  console.log(`readers: ${reports.map(({ kind, reads }) => `${reads} ${kind}`).join(', ')}`)
  for (const { faults, reads } of reports) {
    expect(faults).toEqual([])
    expect(reads).toBeGreaterThan(20)
  }
})

test('the same readers find a writer that publishes two tables in two commits', async () => {
  const reports = await watched(['states', 'files', 'queries'], 1500, 'one by one')
  for (const { faults, kind } of reports) expect(faults.join('\n'), kind).toMatch(/the twins are \d and \d/)
})

test('the same check finds a reader that takes each table from a state of its own', async () => {
  const [report] = await watched(['two-states'], 2000, 'together')
  expect(report?.faults.join('\n')).toMatch(/the twins are \d and \d/)
})
