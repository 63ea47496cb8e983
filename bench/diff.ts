import { statSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { hashFile } from '../src/base/file-hash.ts'
import { Connection } from '../src/engine/duckdb/connection.ts'
import { openInstance } from '../src/engine/duckdb/instance.ts'
import { openReader, type Reader } from '../src/engine/duckdb/reader.ts'
import { parquetFiles, quoteText } from '../src/engine/duckdb/sql-text.ts'
import type { DiffSide } from '../src/engine/table-diff.ts'
import { compared, type Figure } from './figure.ts'
import { interleaved } from './measure.ts'
import { inScratch } from './scratch.ts'

const rows = 10_000_000
const rounds = 3

const columns = [
  { name: 'id', type: 'BIGINT', nullable: false },
  { name: 'amount', type: 'DOUBLE', nullable: false },
  { name: 'name', type: 'VARCHAR', nullable: false },
  { name: 'at', type: 'TIMESTAMP', nullable: false },
]
const others = ['amount', 'name', 'at']

/** What each version adds to the amount of which rows, and which rows it lacks. */
const versions = {
  before: { amount: '0', lacks: 'i % 1000000 = 1' },
  /** A row in 10,000 changed, a few added and removed. */
  few: { amount: '(i % 10000 = 3)::INT', lacks: 'i % 1000000 = 2' },
  all: { amount: '1', lacks: 'false' },
}

/**
 * Differences of two tables of 10 million rows, as a share of one full outer join that is written by hand: in
 * processor time.
 */
export function differences(): Promise<Figure[]> {
  return inScratch(async (folder) => {
    const memory = `${Math.floor((totalmem() * 0.35) / 1e6)}MB`
    const threads = availableParallelism()
    const instance = await openInstance({ memory, threads, tempFolder: join(folder, 'hand') })
    const hand = await Connection.open(instance)
    const reader = await openReader({ memory, threads, tempFolder: join(folder, 'ours') })
    try {
      const sides = {
        before: await written(hand, folder, 'before'),
        few: await written(hand, folder, 'few'),
        all: await written(hand, folder, 'all'),
      }
      return [...(await byKey(hand, reader, sides)), await whole(hand, reader, sides)]
    } finally {
      await reader.close()
      await hand.close()
      instance.closeSync()
    }
  })
}

type Sides = { readonly [name in keyof typeof versions]: DiffSide }

async function byKey(hand: Connection, reader: Reader, { before, few, all }: Sides): Promise<Figure[]> {
  const s = await interleaved(rounds, {
    hand: () => seconds(() => hand.run(joinSql(before, few))),
    few: () => seconds(() => difference(reader, before, few, ['id'])),
    all: () => seconds(() => difference(reader, before, all, ['id'])),
    hash: () => seconds(() => Promise.all([before, few].flatMap(({ files }) => files.map(hashFile)))),
  })
  const against = 'a full outer join by hand'
  const about = { bench: 'diff', unit: 's' } as const
  const goal = { atMost: 1.3 }
  return [
    compared({ ...about, what: '10M rows by key, 1 in 10,000 changed', goal }, s.few, against, s.hand),
    compared({ ...about, what: '10M rows by key, all changed' }, s.all, against, s.hand),
    compared(
      { ...about, what: `hashes of the files, ${megabytes(before, few)} MB` },
      s.hash,
      against,
      s.hand,
    ),
  ]
}

async function whole(hand: Connection, reader: Reader, { before, few }: Sides): Promise<Figure> {
  const except = `SELECT count(*) FROM (FROM ${parquetFiles(before.files)} EXCEPT ALL FROM ${parquetFiles(few.files)})`
  const s = await interleaved(1, {
    hand: () => seconds(() => hand.run(except)),
    ours: () => seconds(() => difference(reader, before, few, [])),
  })
  const about = { bench: 'diff', what: '10M rows without a key, both ways', unit: 's' } as const
  return compared(about, s.ours, 'EXCEPT ALL, one way', s.hand)
}

function difference(reader: Reader, before: DiffSide, after: DiffSide, key: readonly string[]) {
  const names = key.length > 0 ? others : columns.map(({ name }) => name)
  return reader.diff({ before, after, key, columns: names, examples: 5, tolerance: 0 }, 'bench')
}

/** What one would write who only wants the counts. */
function joinSql(before: DiffSide, after: DiffSide): string {
  const changed = others.map((name) => `a."${name}" IS DISTINCT FROM b."${name}"`).join(' OR ')
  return `SELECT count(*) FILTER (a.id IS NULL) AS added, count(*) FILTER (b.id IS NULL) AS removed,
      count(*) FILTER (a.id IS NOT NULL AND b.id IS NOT NULL AND (${changed})) AS changed
    FROM ${parquetFiles(before.files)} AS a FULL OUTER JOIN ${parquetFiles(after.files)} AS b ON a.id = b.id`
}

async function written(hand: Connection, folder: string, name: keyof typeof versions): Promise<DiffSide> {
  const file = join(folder, `${name}.parquet`)
  const { amount, lacks } = versions[name]
  await hand.run(`COPY (
      SELECT i AS id, i / 7.0::DOUBLE + ${amount} AS amount, 'name ' || (i % 100000) AS name,
        TIMESTAMP '2024-01-01' + to_seconds(i) AS at
      FROM range(${rows}) r(i) WHERE NOT (${lacks})
    ) TO ${quoteText(file)} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)`)
  const { n } = await hand.row(`SELECT count(*) AS n FROM ${parquetFiles([file])}`)
  return { files: [file], columns, rows: Number(n), key: ['id'] }
}

function megabytes(...sides: readonly DiffSide[]): number {
  const bytes = sides.flatMap(({ files }) => files.map((file) => statSync(file).size))
  return Math.round(bytes.reduce((sum, size) => sum + size, 0) / 1e6)
}

/** Processor time of all threads: both sides run in this process, and other work on the machine does not count. */
async function seconds(work: () => Promise<unknown>): Promise<number> {
  const begun = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(begun)
  return (user + system) / 1e6
}
