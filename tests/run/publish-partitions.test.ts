import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { partitionKey } from '../../src/contract/partition.ts'
import { t } from '../../src/contract/types.ts'
import type { StagedOutput } from '../../src/engine/engine.ts'
import type { StepFindings } from '../../src/freshness/findings.ts'
import { openLake, type Lake } from '../../src/lake/lake.ts'
import type { Manifest } from '../../src/lake/types.ts'
import { newVersionId } from '../../src/lake/version-id.ts'
import { publishPartitions, type PartitionChange } from '../../src/run/publish-partitions.ts'
import { standingFor, standingTable, type StandingTable } from '../../src/run/standing.ts'
import { layout } from '../../src/storage/layout.ts'
import { localStorage } from '../../src/storage/local.ts'
import { contract, openRig, parquetInput, readAll, withSession, type Rig } from '../engine/kit.ts'

let rig: Rig
let root: string
beforeAll(async () => {
  rig = await openRig(2)
  root = await mkdtemp(path.join(tmpdir(), 'sluice-parts-'))
})
afterAll(async () => {
  await rig.close()
  await rm(root, { recursive: true, force: true })
})

interface Row {
  readonly part: number
  readonly on: boolean
  readonly value: string
}

const columns = { part: t.integer(), on: t.boolean(), value: t.varchar() }
const table = contract('t', columns, { partitionBy: ['part', 'on'] })
const file = 'notebooks/t.ts'

/** What a publisher makes of what was staged. */
type Publisher = (staged: StagedOutput, standing: StandingTable | undefined) => PartitionChange

const real: Publisher = ({ partitions = [], files }) => ({ partitions, files, others: 'go' })

/** Takes partitions with as many rows as before for the same. */
const byCount: Publisher = ({ partitions = [], files }, standing) => {
  const same = (values: readonly string[], rows: number) => {
    const stands = standing?.partitions.get(partitionKey(values))?.entry
    return stands?.rows === rows ? stands : undefined
  }
  return {
    partitions: partitions.map((entry) => same(entry.values, entry.rows) ?? entry),
    files,
    others: 'go',
  }
}

let count = 0

/** An empty lake in which a table is written again and again. */
async function emptyLake(): Promise<Lake> {
  return openLake(localStorage(path.join(root, `lake-${++count}`)))
}

async function write(lake: Lake, rows: readonly Row[], publisher: Publisher): Promise<Manifest> {
  const environment = lake.env('dev')
  const state = await environment.state()
  const step = { file, notebook: 't' } as StepFindings['step']
  const findings = { step, state, fingerprint: 'f'.repeat(64), damaged: new Map() } as unknown as StepFindings
  const standing = await standingTable(lake, state, step, table)
  const version = newVersionId()
  const prefix = layout.version('t', 't', version)
  const folder = await lake.storage.stage(prefix)
  const output = { handle: 'out', table, folder, ...(standing && { standing: standingFor(standing) }) }
  const staged = await withSession(rig, { outputs: [output] }, async (session) => {
    if (rows.length > 0) await session.insert('out', rows)
    else await session.empty('out')
    return (await session.finish())[0]!
  })
  const around = { lake, engine: 'e' } as Parameters<typeof publishPartitions>[0]
  const staging = { table: 't', handle: 'out', version, prefix, folder }
  const change = publisher(staged, standing)
  const { head } = await publishPartitions(around, findings, staging, table, change, standing)
  await environment.tryCommit(state, { heads: { t: head }, steps: {} }, { kind: 'publish', run: 'r' })
  return lake.version('t', head)
}

const textOf = (rows: readonly object[]) =>
  rows
    .map((row) => JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1))))
    .toSorted()
    .join('\n')

function byPartition(rows: readonly Row[]): Map<string, string> {
  const keys = new Set(rows.map(({ part, on }) => partitionKey([String(part), String(on)])))
  const of = (key: string) => rows.filter(({ part, on }) => partitionKey([String(part), String(on)]) === key)
  return new Map(Array.from(keys, (key) => [key, textOf(of(key))]))
}

const keysOf = ({ files }: Manifest) =>
  new Map(files.map(({ key, partition = [] }) => [partitionKey(partition), key]))

/** What is wrong with the versions that a history of rows led to. */
async function violations(history: readonly (readonly Row[])[], publisher: Publisher): Promise<string[]> {
  const lake = await emptyLake()
  const found: string[] = []
  let before: { rows: readonly Row[]; manifest: Manifest } | undefined
  for (const [at, rows] of history.entries()) {
    const manifest = await write(lake, rows, publisher)
    const read = await readAll(rig, parquetInput('x', columns, await lake.files(manifest)))
    if (textOf(read) !== textOf(rows)) found.push(`write ${at}: other rows than were written`)
    if (manifest.rows !== rows.length) found.push(`write ${at}: another number of rows`)
    const [now, was] = [byPartition(rows), byPartition(before?.rows ?? [])]
    const [files, old] = [keysOf(manifest), keysOf(before?.manifest ?? { ...manifest, files: [] })]
    if ([...files.keys()].toSorted().join() !== [...now.keys()].toSorted().join())
      found.push(`write ${at}: other partitions`)
    for (const [key, text] of now) {
      if ((was.get(key) === text) !== (old.get(key) === files.get(key)))
        found.push(
          `write ${at}: partition ${key} ${was.get(key) === text ? 'did not change and was written' : 'changed and was not written'}`,
        )
    }
    if (before && textOf(before.rows) === textOf(rows) && before.manifest.version !== manifest.version)
      found.push(`write ${at}: the same rows are another version`)
    before = { rows, manifest }
  }
  await lake.close()
  return found
}

const row = fc.record({
  part: fc.integer({ min: -2, max: 11 }),
  on: fc.boolean(),
  value: fc.constantFrom('', 'a', 'b', 'é'),
})
/** Rows, and edits of a few of them. */
const histories = fc
  .tuple(
    fc.array(row, { maxLength: 30 }),
    fc.array(
      fc.tuple(fc.nat(), fc.option(row), fc.constantFrom('change', 'add', 'remove', 'same', 'clear')),
      { minLength: 1, maxLength: 4 },
    ),
  )
  .map(([first, edits]) => {
    const history: Row[][] = [first]
    for (const [at, other, what] of edits) {
      const last = history.at(-1) ?? []
      const place = last.length === 0 ? 0 : at % last.length
      const next = last.map((each, index) =>
        index === place && what === 'change' ? { ...each, value: `${each.value}x` } : each,
      )
      if (what === 'add' && other) next.push(other)
      if (what === 'remove') next.splice(place, 1)
      history.push(what === 'clear' ? [] : what === 'same' ? next.toReversed() : next)
    }
    return history
  })

const runs = process.env['SLUICE_NIGHTLY'] === '1' ? 1000 : 15

test('random edits: rows are those that were written, and exactly the partitions that changed have new files', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      expect(await violations(history, real)).toEqual([])
    }),
    { numRuns: runs },
  )
}, 600_000)

test('a publisher that compares numbers of rows only is found', async () => {
  const history = [[{ part: 1, on: true, value: 'a' }], [{ part: 1, on: true, value: 'b' }]]
  expect(await violations(history, real)).toEqual([])
  const found = await violations(history, byCount)
  expect(found).toContain('write 1: other rows than were written')
  expect(found).toContain('write 1: partition ["1","true"] changed and was not written')
})

test('of only some partitions: the others stay as they are, some go, and each has its own notes', async () => {
  const lake = await emptyLake()
  const rows = [1, 2, 3, 10].map((part): Row => ({ part, on: true, value: 'a' }))
  const first = await write(lake, rows, real)
  const notes = { fingerprint: 'p'.repeat(64), computedAt: '2026-01-01T00:00:00.000Z', read: { raw: 7 } }
  const some: Publisher = ({ partitions = [], files }) => ({
    partitions: partitions.map((entry) => ({ ...entry, ...notes })),
    files,
    others: 'stay',
    removed: [['3', 'true']],
  })
  const second = await write(
    lake,
    [
      { part: 2, on: true, value: 'b' },
      { part: 4, on: false, value: 'c' },
    ],
    some,
  )
  expect(second.partitions?.map(({ values, fingerprint }) => [...values, fingerprint?.length])).toEqual([
    ['1', 'true', undefined],
    ['2', 'true', 64],
    ['4', 'false', 64],
    ['10', 'true', undefined],
  ])
  expect(second.rows).toBe(4)
  const [old, now] = [keysOf(first), keysOf(second)]
  expect(now.get('["1","true"]')).toBe(old.get('["1","true"]'))
  expect(now.get('["2","true"]')).not.toBe(old.get('["2","true"]'))
  // The same again is the same version; other notes are another one, with the same files.
  const again: Publisher = (staged, standing) => ({ ...some(staged, standing), removed: [] })
  const third = await write(lake, [{ part: 2, on: true, value: 'b' }], again)
  expect(third.version).toBe(second.version)
  const fourth = await write(lake, [{ part: 2, on: true, value: 'b' }], (staged) => ({
    ...again(staged, undefined),
    partitions: (staged.partitions ?? []).map((entry) => ({
      ...entry,
      ...notes,
      fingerprint: 'q'.repeat(64),
    })),
  }))
  expect(fourth.version).not.toBe(second.version)
  expect(keysOf(fourth)).toEqual(now)
  await lake.close()
})
