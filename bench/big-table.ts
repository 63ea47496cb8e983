import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bigStatements, writeBig } from './big-project.ts'
import { compared, type Figure } from './figure.ts'
import { interleaved, spreadOf } from './measure.ts'
import { duckDb, sluice } from './processes.ts'
import { forget, inScratch } from './scratch.ts'
import { duckDbSettings } from './settings.ts'

const rows = 10_000_000
const rounds = 5

/**
 * A flow of three steps over 10 million rows, typed and checked, against the same statements in one DuckDB
 * process. The notebooks were loaded before, the tables are written for the first time. The same flow over
 * 1,000 rows says what of it is the start of processes.
 */
export function bigTable(): Promise<Figure[]> {
  return inScratch(async (folder) => {
    const plain = side(join(folder, 'plain'), rows, false)
    const keyed = side(join(folder, 'keyed'), rows, true)
    const tiny = side(join(folder, 'tiny'), 1000, false)
    const s = await interleaved(rounds, {
      sluice: plain.sluice,
      duckDb: plain.duckDb,
      keyed: keyed.sluice,
      tiny: tiny.sluice,
      tinyDuckDb: tiny.duckDb,
    })
    const less = (runs: readonly number[], start: readonly number[]) => {
      const { median } = spreadOf(start)
      return runs.map((value) => value - median)
    }
    const startless = less(s.duckDb, s.tinyDuckDb)
    const about = (what: string) => ({ bench: 'big-table', what, unit: 's' }) as const
    return [
      compared(
        { ...about('3 steps over 10M rows'), goal: { atMost: 1.05 } },
        s.sluice,
        'DuckDB alone',
        s.duckDb,
      ),
      compared(
        about('the same without start-up'),
        less(s.sluice, s.tiny),
        'DuckDB alone, the same',
        startless,
      ),
      compared(about('start-up: 3 steps over 1,000 rows'), s.tiny, 'DuckDB alone', s.tinyDuckDb),
      compared(about('with a unique key of 10M rows'), s.keyed, 'the flow without a key', s.sluice),
    ]
  })
}

function side(folder: string, count: number, keyed: boolean) {
  const [project, output] = [join(folder, 'project'), join(folder, 'output')]
  mkdirSync(project, { recursive: true })
  writeBig(project, count, { keyed })
  const statements = bigStatements(project, output)
  return {
    sluice: () => {
      forget(project, { notebooks: false })
      return sluice(project, 'run').ms / 1000
    },
    duckDb: () => {
      rmSync(output, { recursive: true, force: true })
      mkdirSync(output)
      return duckDb(folder, { settings: duckDbSettings(folder), statements }).ms / 1000
    },
  }
}
