import { mkdirSync, rmSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { openDuckDb } from '../src/engine/duckdb/open.ts'
import { compared, type Figure } from './figure.ts'
import { interleaved } from './measure.ts'
import { inScratch } from './scratch.ts'

const rows = 10_000_000
const rounds = 5

const columns = [
  { name: 'id', type: 'BIGINT' },
  { name: 'amount', type: 'DOUBLE' },
  { name: 'name', type: 'VARCHAR' },
  { name: 'at', type: 'TIMESTAMP' },
]

/** The content digest of 10 million rows as a share of what it takes to write them, by the engine itself. */
export function contentDigest(): Promise<Figure[]> {
  return inScratch(async (folder) => {
    const memory = `${Math.floor((totalmem() * 0.35) / 1e6)}MB`
    const engine = await openDuckDb({
      memory,
      threads: availableParallelism(),
      tempFolder: join(folder, 'tmp'),
    })
    try {
      const target = join(folder, 'output')
      const write = async () => {
        rmSync(target, { recursive: true, force: true })
        mkdirSync(target)
        return seconds(() => writeRows(engine, target))
      }
      await write()
      const files = [join(target, 'part-0.parquet')]
      const s = await interleaved(rounds, {
        write,
        digest: () => seconds(() => engine.contentDigest(files, columns)),
      })
      const what = 'content digest of 10M rows, 4 columns'
      const about = { bench: 'digest', what, unit: 's', goal: { atMost: 0.25 } } as const
      return [compared(about, s.digest, 'writing them', s.write)]
    } finally {
      await engine.close()
    }
  })
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

/** Writes the table as a step does: one query, checked types, hashed files. */
async function writeRows(engine: Awaited<ReturnType<typeof openDuckDb>>, folder: string): Promise<void> {
  const declared = columns.map((column) => ({ ...column, nullable: false }))
  const table = { name: 'bench.rows', columns: declared, key: [], checks: [] }
  const session = await engine.session({
    inputs: [],
    outputs: [{ handle: 'rows', table, folder }],
    volatile: false,
  })
  const text = `SELECT i AS id, i / 7.0::DOUBLE AS amount, 'name ' || (i % 100000) AS name,
    TIMESTAMP '2024-01-01' + to_seconds(i) AS at FROM range(${rows}) r(i)`
  await session.write('rows', { text, params: [], relations: [] })
  await session.finish()
  await session.close()
}
