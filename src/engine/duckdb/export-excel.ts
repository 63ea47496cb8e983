import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ProblemError } from '../../base/problem.ts'
import type { DeclaredColumn } from '../../contract/spec.ts'
import type { Connection } from './connection.ts'
import { decodeVector } from './decode.ts'
import { dayMs } from './scalars.ts'

type Cell = string | number | boolean | Date | null

/** A sheet has so many rows, the one of names among them (Microsoft, "Excel specifications and limits"). */
const mostRows = 1_048_576
/** The first day of a workbook; earlier ones are texts. */
const firstDay = Date.UTC(1900, 2, 1)

/**
 * Streams the rows of a query into a workbook of one sheet, with flat memory: texts are cells of text, so nothing of
 * them is a formula. Gives the number of rows.
 */
export async function writeWorkbook(
  connection: Connection,
  query: string,
  columns: readonly DeclaredColumn[],
  sheet: string,
  to: string,
): Promise<number> {
  const { writeXlsxStream } = await import('hucre/xlsx')
  let rows = 0
  const cells = async function* (): AsyncGenerator<Cell[], void> {
    for await (const chunk of (await connection.stream(query)).chunks) {
      const values = columns.map(({ name, type }, at) => {
        const format = cellOf(type)
        return decodeVector(chunk.getColumnVector(at), {
          subject: `column '${name}'`,
          readAs: 'micros',
        }).map((value) => (value === null || value === undefined ? null : format(value)))
      })
      rows += chunk.rowCount
      if (rows >= mostRows) throw tooMany(sheet)
      for (let row = 0; row < chunk.rowCount; row++) yield values.map((column) => column[row] ?? null)
    }
  }
  const formats = columns.map(({ name, type }) => ({
    header: name,
    ...(type === 'DATE' && { numFmt: 'yyyy-mm-dd' }),
    ...(type === 'TIMESTAMP' && { numFmt: 'yyyy-mm-dd hh:mm:ss.000' }),
  }))
  const workbook = writeXlsxStream(cells(), { name: sheet, columns: formats, zip64: false })
  await pipeline(Readable.fromWeb(workbook as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(to))
  return rows
}

/** A whole number with more digits than a cell keeps is a text, and so is a time before the first of a workbook. */
function cellOf(type: string): (value: unknown) => Cell {
  if (type === 'BIGINT')
    return (value) => {
      const digits = String(value)
      return digits.replace('-', '').length <= 15 ? Number(value) : digits
    }
  if (type === 'DATE') return (value) => dateCell((value as Date).getTime(), (text) => text.slice(0, 10))
  if (type === 'TIMESTAMP')
    return (value) =>
      dateCell(Number((value as bigint) / 1000n), (text) => text.slice(0, 23).replace('T', ' '))
  return (value) => value as Cell
}

function dateCell(ms: number, text: (iso: string) => string): Cell {
  const date = new Date(ms)
  if (ms >= firstDay && ms < Date.UTC(10_000, 0, 1)) return date
  return Number.isNaN(date.getTime()) ? `${Math.floor(ms / dayMs)} days since 1970` : text(date.toISOString())
}

function tooMany(sheet: string): ProblemError {
  return new ProblemError({
    code: 'delivery/value',
    message: `the sheet '${sheet}' would have more than ${mostRows - 1} rows, and no workbook holds them`,
    hint: 'deliver a table with fewer rows, or CSV or Parquet',
  })
}
