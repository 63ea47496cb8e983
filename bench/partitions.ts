import { createHash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { openDuckDb } from '../src/engine/duckdb/open.ts'
import type { Engine, StagedOutput, StandingPartition } from '../src/engine/engine.ts'
import { packManifest } from '../src/lake/packed-manifest.ts'
import { manifestsIn } from '../src/lake/manifest.ts'
import { seal } from '../src/lake/sealed.ts'
import type { Manifest } from '../src/lake/types.ts'
import { memoryStorage } from '../src/storage/memory.ts'
import { compared, type Figure } from './figure.ts'
import { interleaved, spreadOf } from './measure.ts'
import { inScratch } from './scratch.ts'

const rows = 2_000_000
const parts = 1000
const rounds = 3
const many = 100_000

/** Tables of 1,000 partitions beside one file of the same rows, and a manifest of 100,000. */
export async function partitions(): Promise<Figure[]> {
  return [...(await inScratch(writing)), ...(await manifest())]
}

async function writing(folder: string): Promise<Figure[]> {
  const memory = `${Math.floor((totalmem() * 0.35) / 1e6)}MB`
  const tempFolder = join(folder, 'tmp')
  const engine = await openDuckDb({ memory, threads: availableParallelism(), tempFolder })
  try {
    const first = await written(engine, join(folder, 'first'), { parted: true })
    const standing = (first.partitions ?? []).map(({ values, digest }) => ({ values, digest }))
    const s = await interleaved(rounds, {
      whole: () => seconds(() => written(engine, join(folder, 'out'), { parted: false })),
      all: () => seconds(() => written(engine, join(folder, 'out'), { parted: true })),
      one: () =>
        seconds(() => written(engine, join(folder, 'out'), { parted: true, standing, changed: true })),
    })
    const about = { bench: 'partitions', unit: 's' } as const
    const title = `2M rows, 5 columns, ${parts} partitions`
    const against = 'one file of them'
    return [
      compared({ ...about, what: `${title}: all are new` }, s.all, against, s.whole),
      compared({ ...about, what: `${title}: one of them changed` }, s.one, against, s.whole),
    ]
  } finally {
    await engine.close()
  }
}

interface Write {
  readonly parted: boolean
  readonly standing?: readonly StandingPartition[]
  /** One row is another. */
  readonly changed?: boolean
}

async function written(engine: Engine, folder: string, write: Write): Promise<StagedOutput> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const types = { k: 'INTEGER', id: 'BIGINT', amount: 'DECIMAL(10,2)', name: 'VARCHAR', share: 'DOUBLE' }
  const columns = Object.entries(types).map(([name, type]) => ({ name, type, nullable: false }))
  const table = {
    name: 'bench.parts',
    columns,
    key: [],
    checks: [],
    ...(write.parted && { partitionBy: ['k'] }),
  }
  const output = { handle: 'out', table, folder, ...(write.standing && { standing: write.standing }) }
  const session = await engine.session({ inputs: [], outputs: [output], volatile: false })
  try {
    const id = write.changed === true ? 'CASE i WHEN 7 THEN -1 ELSE i END' : 'i'
    const text = `SELECT (hash(i) % ${parts})::INTEGER AS k, ${id} AS id, (i % 1000)::DECIMAL(10,2) AS amount,
      'name ' || (i % 7777) AS name, i * 0.5::DOUBLE AS share FROM range(${rows}) AS r(i)`
    await session.write('out', { text, params: [], relations: [] })
    const [staged] = await session.finish()
    if (!staged) throw new Error('nothing was staged')
    return staged
  } finally {
    await session.close()
  }
}

async function manifest(): Promise<Figure[]> {
  const made = largeManifest()
  const runs: Record<'seal' | 'write' | 'read', number[]> = { seal: [], write: [], read: [] }
  for (let round = 0; round < rounds + 2; round++) {
    const storage = memoryStorage()
    runs.seal.push(await seconds(async () => seal(packManifest(made))))
    runs.write.push(await seconds(() => manifestsIn(storage).write('m', made)))
    runs.read.push(await seconds(() => manifestsIn(storage).read('m')))
  }
  return (['seal', 'write', 'read'] as const).map((what) => ({
    bench: 'partitions',
    what: `a manifest of 100,000 partitions: ${what}`,
    unit: 's',
    value: spreadOf(runs[what]),
  }))
}

function largeManifest(): Manifest {
  const hash = (at: number) => createHash('sha256').update(String(at)).digest('hex')
  const key = 'tables/silver/trips/silver.trips/01m7xeca8yq2370ytpccbfben9'
  const list = Array.from({ length: many }, (_, at) => ({ at, hash: hash(at), values: [`2019-${at}`] }))
  return {
    format: 1,
    table: 'silver.trips',
    version: '01m7xeca8yq2370ytpccbfben9',
    notebook: 'notebooks/silver/trips.ts',
    fingerprint: hash(-1),
    createdAt: '2026-01-31T00:00:00.000Z',
    engine: 'duckdb',
    columns: [{ name: 'day', type: 'VARCHAR', nullable: false }],
    key: [],
    rows: many,
    bytes: many,
    files: list.map(({ at, hash: of, values }) => ({
      key: `${key}/part-${at}.parquet`,
      bytes: 1,
      rows: 1,
      hash: of,
      partition: values,
    })),
    partitionBy: ['day'],
    partitions: list.map(({ hash: of, values }) => ({ values, rows: 1, digest: of.slice(0, 32) })),
    stats: {},
  }
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}
