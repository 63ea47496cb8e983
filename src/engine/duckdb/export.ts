import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { hashFile } from '../../base/file-hash.ts'
import { ProblemError } from '../../base/problem.ts'
import type { BoundInput } from '../engine.ts'
import type { Exported, ExportFormat, ExportRequest } from '../export.ts'
import type { Connection } from './connection.ts'
import { exportedColumns, unheld } from './export-values.ts'
import { FaultError } from './faults.ts'
import { createViews, inputProblems } from './inputs.ts'
import { quoteName, quoteText } from './sql-text.ts'

/**
 * Writes the rows of a version into one file, in a format that others read. Throws a ProblemError where files of the
 * table are damaged, or a value cannot be held by the format; then the file is of no use.
 */
export async function exportRows(connection: Connection, request: ExportRequest): Promise<Exported> {
  const { table, columns, to } = request
  const from = { kind: 'parquet', files: request.files } as const
  const inputs: BoundInput[] = [{ handle: 'now', name: table, columns, from }]
  await createViews(connection, inputs)
  try {
    await refuseUnheld(connection, request)
    const { format } = request
    const picked = format.kind === 'csv' && format.tableSchema === true
    const nulls = picked ? await freeText(connection, columns) : undefined
    const told = nulls !== undefined && { nulls }
    const rows = await written(connection, { ...request, format: { ...format, ...told } })
    return { ...told, rows, bytes: (await stat(to)).size, hash: await hashFile(to) }
  } catch (error) {
    const problems = error instanceof FaultError ? await inputProblems(connection, inputs, error.fault) : []
    throw problems.length > 0 ? new ProblemError(problems) : error
  }
}

function rowsOf({ columns, order }: ExportRequest): string {
  const names = columns.map(({ name }) => quoteName(name)).join(', ')
  const sorted = order.length === 0 ? '' : ` ORDER BY ${order.map(quoteName).join(', ')}`
  return `SELECT ${names} FROM "@now"${sorted}`
}

async function written(connection: Connection, request: ExportRequest): Promise<number> {
  const { columns, format, to } = request
  const query = `SELECT ${exportedColumns(columns, format)} FROM (${rowsOf(request)}) AS r`
  if (format.kind === 'excel') {
    const { writeWorkbook } = await import('./export-excel.ts')
    return writeWorkbook(connection, query, columns, format.sheet, to)
  }
  const row = await connection.row(
    `COPY (${query}) TO ${quoteText(to)} (${optionsOf(format)}, USE_TMP_FILE false)`,
  )
  return Number(row['Count'] ?? row['count'] ?? 0)
}

function optionsOf(format: Exclude<ExportFormat, { kind: 'excel' }>): string {
  switch (format.kind) {
    case 'csv': {
      const { delimiter = ',', header = true, nulls = '' } = format
      return `FORMAT csv, HEADER ${header}, DELIMITER ${quoteText(delimiter)}, NULLSTR ${quoteText(nulls)}`
    }
    case 'exchange':
      return 'FORMAT csv, HEADER false, FORCE_QUOTE *'
    case 'json':
      return 'FORMAT json, ARRAY true'
    case 'ndjson':
      return 'FORMAT json'
    case 'parquet':
      return 'FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2'
  }
}

/** A text for NULL that no text of the rows is. An empty field will do, but not for a line of its own. */
async function freeText(connection: Connection, columns: ExportRequest['columns']): Promise<string> {
  const texts = columns.filter(({ type }) => type === 'VARCHAR' || type === 'JSON')
  for (const candidate of [...(columns.length > 1 ? [''] : []), 'NULL', '\\N', 'null-', 'no value']) {
    const is = texts.map(({ name }) => `CAST(${quoteName(name)} AS VARCHAR) = ${quoteText(candidate)}`)
    if (is.length === 0) return candidate
    const found = await connection.row(`SELECT count(*) AS n FROM "@now" WHERE ${is.join(' OR ')}`)
    if (Number(found['n']) === 0) return candidate
  }
  return `no value ${randomUUID()}`
}

async function refuseUnheld(
  connection: Connection,
  { table, columns, format }: ExportRequest,
): Promise<void> {
  const wrong = columns.flatMap((column) => {
    const condition = unheld([column], format)
    return condition === undefined ? [] : [{ column, condition }]
  })
  if (wrong.length === 0) return
  const counts = wrong.map(({ condition }, at) => `count(*) FILTER (${condition}) AS n${at}`)
  const row = await connection.row(`SELECT ${counts.join(', ')} FROM "@now"`)
  const problems = wrong.flatMap(({ column }, at) => {
    const n = Number(row[`n${at}`])
    if (n === 0) return []
    return [
      {
        code: 'delivery/value' as const,
        message: `table '${table}': column '${column.name}' has ${n} ${n === 1 ? 'value' : 'values'} that ${format.kind} cannot hold (infinite, or no number)`,
        hint: 'make them NULL in the notebook that writes the table, or leave the column out of the delivery',
      },
    ]
  })
  if (problems.length > 0) throw new ProblemError(problems)
}
