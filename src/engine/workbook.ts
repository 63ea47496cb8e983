import { fork } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { processEntry } from '../base/entries.ts'
import { ProblemError, type Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { DeclaredSource } from '../contract/spec.ts'

/** What the process is asked: a sheet of a workbook as CSV. */
export interface WorkbookAsk {
  readonly file: string
  readonly to: string
  readonly sheet?: string | number
  readonly headerRow?: number
}

export type WorkbookAnswer =
  | { readonly fault: string }
  | { readonly unknown: true; readonly sheets: readonly string[] }
  | { readonly sheets: readonly string[]; readonly shifts: Shifts }

/** From a record of the file of CSV on, the row of the sheet is so much more. DuckDB tells records where it says lines. */
export type Shifts = readonly (readonly [record: number, by: number])[]

/** Larger files are no workbooks that people made; all of a file is held in memory. */
const largest = 300_000_000
/** Megabytes of memory of its process, beside the file itself. */
const memory = 1024

/** Writes a sheet of a workbook as CSV. Rejects with a ProblemError when it is no workbook, or a bomb. */
export async function sheetAsCsv(source: DeclaredSource, file: string, to: string): Promise<Shifts> {
  const told = (problem: Omit<Problem, 'where'>) => new ProblemError({ ...problem, where: { file } })
  const name = `source '${source.name}'`
  if ((await stat(file)).size > largest) {
    const message = `${name}: the workbook has more than ${largest / 1e6} MB, which is the limit`
    throw told({ code: 'source/limit', message, hint: 'save the sheet as CSV' })
  }
  const { sheet, headerRow } = source.excel ?? {}
  const answer = await ask({
    file,
    to,
    ...(sheet !== undefined && { sheet }),
    ...(headerRow !== undefined && { headerRow }),
  })
  if (answer === 'memory') {
    const message = `${name}: the workbook needs more than ${memory} MB of memory, which is the limit`
    throw told({ code: 'source/limit', message, hint: 'save the sheet as CSV' })
  }
  if ('fault' in answer)
    throw told({
      code: 'source/format',
      message: `${name}: it is no workbook that can be read: ${answer.fault}`,
    })
  if ('unknown' in answer) {
    const { sheets } = answer
    const which = typeof sheet === 'number' ? `has no sheet ${sheet}` : `has no sheet '${sheet ?? 1}'`
    const hint = didYouMean(String(sheet ?? 1), sheets) ?? 'it has no sheet at all'
    throw told({ code: 'source/format', message: `${name}: the workbook ${which}`, hint })
  }
  return answer.shifts
}

/** A process that ends before it answers ran out of memory, in one way or another. */
function ask(about: WorkbookAsk): Promise<WorkbookAnswer | 'memory'> {
  const { entry, execArgv } = processEntry('engine/workbook-main')
  const limit = `--max-old-space-size=${memory}`
  const child = fork(entry, { execArgv: [...execArgv, limit], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  return new Promise<WorkbookAnswer | 'memory'>((resolve, reject) => {
    child.once('message', (answer) => resolve(answer as WorkbookAnswer))
    child.once('error', reject)
    child.once('exit', () => resolve('memory'))
    child.send(about)
  }).finally(() => child.kill('SIGKILL'))
}

/** The row of the sheet that a record of the file of CSV comes from. */
export function sheetRow(shifts: Shifts, record: number): number {
  return record + (shifts.findLast(([from]) => from <= record)?.[1] ?? 0)
}
