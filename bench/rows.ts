import { join } from 'node:path'
import { compared, type Figure } from './figure.ts'
import { sluice, timed } from './processes.ts'
import { rowsFile, writeRows } from './rows-project.ts'
import { checkout, inScratch } from './scratch.ts'

const count = 1_000_000
const rounds = 5

type Times = { readonly [way in 'rows' | 'batches' | 'insert']: number }

/** Rows a second between tables and the code of a notebook, against the plain API of DuckDB. */
export function rowsOfCode(): Promise<Figure[]> {
  return inScratch(async (folder) => {
    writeRows(folder, count)
    const [ours, plain]: Times[][] = [[], []]
    for (let round = -1; round < rounds; round++) {
      const both = [inNotebook(folder), plainApi(folder)] as const
      if (round < 0) continue
      ours?.push(both[0])
      plain?.push(both[1])
    }
    return (['rows', 'batches', 'insert'] as const).map((way) => {
      const [mine, others] = [rates(ours ?? [], way), rates(plain ?? [], way)]
      const about = { bench: 'rows', what: `${way}() in a notebook, 4 columns`, unit: 'rows/s' } as const
      return compared(about, mine, plainWays[way], others)
    })
  })
}

const plainWays = {
  rows: 'yieldRowObjects()',
  batches: 'getColumns() of chunks',
  insert: 'chunks to an appender',
}

function rates(times: readonly Times[], way: keyof Times): number[] {
  return times.map((ms) => count / (ms[way] / 1000))
}

/** Each step alone, one after the other, as the plain API does. The notebooks measure themselves. */
function inNotebook(folder: string): Times {
  const { stdout } = sluice(folder, 'run', '--force', '--concurrency', '1', '--json')
  return {
    rows: resultOf(stdout, 'read_rows'),
    batches: resultOf(stdout, 'read_batches'),
    insert: resultOf(stdout, 'insert_rows'),
  }
}

function resultOf(events: string, step: string): number {
  for (const line of events.split('\n')) {
    if (!line.includes('"step-finished"')) continue
    const event = JSON.parse(line) as { step: string; result?: { ms?: number } }
    if (event.step === step && event.result?.ms !== undefined) return event.result.ms
  }
  throw new Error(`step ${step} told no result:\n${events.slice(-2000)}`)
}

function plainApi(folder: string): Times {
  const { stdout } = timed(process.execPath, [
    join(checkout, 'bench/rows-only.mjs'),
    join(folder, rowsFile),
    String(count),
  ])
  return JSON.parse(stdout) as Times
}
