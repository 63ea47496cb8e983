import { mkdirSync, rmSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { declareTable } from '../src/contract/declare.ts'
import { table } from '../src/contract/table.ts'
import { t } from '../src/contract/types.ts'
import type { OnFailure } from '../src/contract/check-form.ts'
import { rejectColumns } from '../src/contract/rejects.ts'
import { openDuckDb } from '../src/engine/duckdb/open.ts'
import type { Engine, OutputTarget } from '../src/engine/engine.ts'
import { compared, type Figure } from './figure.ts'
import { interleaved } from './measure.ts'
import { inScratch } from './scratch.ts'

const rows = 2_000_000
const rounds = 11
const how = { failing: 'fail', warning: 'warn', rejecting: 'reject' } as const

/** Ten checks of rows that all rows keep, each way, against the same table without checks. */
export function dataChecks(): Promise<Figure[]> {
  return inScratch(async (folder) => {
    const memory = `${Math.floor((totalmem() * 0.35) / 1e6)}MB`
    const threads = availableParallelism()
    const engine = await openDuckDb({ memory, threads, tempFolder: join(folder, 'tmp') })
    const writing = (onFailure?: OnFailure) => () => seconds(() => write(engine, folder, onFailure))
    try {
      await write(engine, folder)
      const s = await interleaved(rounds, {
        plain: writing(),
        failing: writing(how.failing),
        warning: writing(how.warning),
        rejecting: writing(how.rejecting),
      })
      return (['failing', 'warning', 'rejecting'] as const).map((word) => {
        const what = `2M rows of 4 columns, 10 ${word} checks`
        return compared({ bench: 'data-checks', what, unit: 's' }, s[word], 'without checks', s.plain)
      })
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

async function write(engine: Engine, folder: string, onFailure?: OnFailure): Promise<void> {
  const [target, rejects] = [join(folder, 'output'), join(folder, 'rejects')]
  for (const each of [target, rejects]) {
    rmSync(each, { recursive: true, force: true })
    mkdirSync(each)
  }
  const columns = { id: t.bigint(), amount: t.double(), name: t.varchar(), at: t.timestamp() }
  const o = onFailure && { onFailure }
  const checked = {
    id: columns.id.min(0, o).max(1e9, o).check('id <> -1', o).check('id IS NOT NULL', o),
    amount: columns.amount.between(0, 1e9, o).check('amount >= id / 8', o),
    name: columns.name.matches('^name', o).check("name <> ''", o).check('length(name) < 20', o),
    at: columns.at.min('2020-01-01', o),
  }
  const declared = declareTable(
    table('bench.rows', o ? checked : columns, { rejects: 'bench.rejects' }).origin,
    () => undefined,
  )
  const kept = declareTable(table('bench.rejects', rejectColumns(columns)).origin, () => undefined)
  const outputs: OutputTarget[] = [{ handle: 'rows', table: declared, folder: target }]
  if (onFailure === 'reject')
    outputs.push({ handle: 'rejects', table: kept, folder: rejects, rejectsOf: 'rows' })
  const session = await engine.session({ inputs: [], outputs, volatile: false })
  const text = `SELECT i AS id, i / 7.0::DOUBLE AS amount, 'name ' || (i % 100000) AS name,
    TIMESTAMP '2024-01-01' + to_seconds(i) AS at FROM range(${rows}) r(i)`
  await session.write('rows', { text, params: [], relations: [] })
  await session.finish()
  await session.close()
}
