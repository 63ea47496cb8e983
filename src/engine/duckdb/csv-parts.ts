import { createWriteStream, type WriteStream } from 'node:fs'
import { once } from 'node:events'
import path from 'node:path'
import { InternalError, type Problem } from '../../base/problem.ts'
import type { DeclaredColumn, DeclaredSource } from '../../contract/spec.ts'
import type { Connection } from './connection.ts'
import { placeNames } from './csv-header.ts'
import { csvFieldsOf } from './csv-line.ts'
import { csvRecords, type CsvRecord } from './csv-scan.ts'
import { FaultError } from './faults.ts'
import { mayHide } from './long-lines.ts'
import { plainBytes } from './plain-bytes.ts'
import { RejectsFile, type Rejected } from './rejects-file.ts'
import { csvTexts } from './source-csv.ts'
import { columnProblems, type FileColumns } from './source-columns.ts'
import { columnLimit } from './source-limits.ts'
import { quoteName } from './sql-text.ts'
import { isWrongRow, triedValue } from './text-values.ts'
import { wrongRows, type WrongRow } from './wrong-rows.ts'

/** A file of a source, and how rows of rejects call it. */
export interface NamedFile {
  readonly file: string
  readonly name: string
}

/** What is read of a source whose good rows and bad rows part ways. */
export interface Parting {
  readonly connection: Connection
  readonly source: DeclaredSource
  readonly picked: readonly DeclaredColumn[]
  readonly rejects: RejectsFile
  /** Where copies of files without their bad lines are kept. */
  readonly folder: string
}

/** The good rows as SQL, and how many rows there are in all. */
export interface Parted {
  readonly selects: readonly string[]
  readonly problems: readonly Problem[]
  readonly rows: number
}

/**
 * Parts CSV files: rows that are what the source declares can be selected, all others stand in the file of rejects. A row
 * is bad when it has not as many fields as the header, when its quotes are wrong or it is not UTF-8, when a value that
 * is read is not of its type, or missing where there must be one.
 *
 * DuckDB's strict reader judges each file first, at full speed. Only where it fails, or finds wrong values, the file is
 * scanned record by record, which knows lines and raw texts. Both must come to the same number of rows.
 */
export async function partCsv(parting: Parting, files: readonly NamedFile[]): Promise<Parted> {
  const selects: string[] = []
  const problems: Problem[] = []
  let rows = 0
  try {
    for (const [at, file] of files.entries()) {
      const header = await headOf(parting.source, file.file)
      const faults = 'code' in header ? [header] : columnProblems(parting.source, header)
      problems.push(...faults)
      if ('code' in header || faults.length > 0) continue
      const parted = await partFile(parting, file, header, at)
      selects.push(parted.select)
      rows += parted.rows
    }
    if (problems.length === 0) await parting.rejects.end(rows)
  } finally {
    await parting.rejects.close()
  }
  return { selects, problems, rows }
}

/** The names of the columns of a file, from its first record. */
async function headOf(source: DeclaredSource, file: string): Promise<FileColumns | Problem> {
  const { dialect, columns } = source
  const first = await firstRecord(source, file)
  if (first && typeof first === 'object') return first
  if (first === undefined && dialect.header !== false) {
    return {
      code: 'source/format',
      message: `source '${source.name}': the file has no header`,
      where: { file, line: 1 },
      hint: 'say `header: false` when the first line is data',
    }
  }
  const names =
    dialect.header === false ? placeNames(first, dialect, columns) : csvFieldsOf(String(first), dialect)
  return columnLimit(source, file, names.length) ?? { file, names }
}

async function firstRecord(source: DeclaredSource, file: string): Promise<string | Problem | undefined> {
  try {
    for await (const records of csvRecords(plainBytes(file), source.dialect, 0))
      for (const { raw } of records) return raw.toString()
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // What the file system says is told by who looks at files.
    if (code !== undefined && !code.startsWith('Z_')) throw error
    return {
      code: 'source/format',
      message: `source '${source.name}': it cannot be unpacked: ${message}`,
      where: { file },
    }
  }
}

interface Counted {
  readonly rows: number
  readonly wrong: number
}

async function partFile(
  parting: Parting,
  named: NamedFile,
  header: FileColumns,
  at: number,
): Promise<{ select: string; rows: number }> {
  const { source, picked } = parting
  const { file } = named
  const fields = header.names.length
  const records = () => csvRecords(plainBytes(file), source.dialect, fields)
  const direct = (await mayHide(file)) ? undefined : await counted(parting, source, header)
  if (direct?.wrong === 0) return { select: goodRows(source, header, picked, false), rows: direct.rows }
  if (direct) {
    const scanned = await scan(records(), source)
    if (scanned.faulty === 0 && scanned.good === direct.rows) {
      await tellWrong(parting, named, records(), wrongRows(parting, source, header))
      return { select: goodRows(source, header, picked, true), rows: direct.rows }
    }
  }
  const copy = path.join(parting.folder, `${at}.csv`)
  const scanned = await scan(records(), source, copy)
  const clean = { ...source, dialect: { ...source.dialect, header: false, skip: 0 } }
  const layout = { ...header, file: copy, isCopy: true }
  const all = scanned.good === 0 ? { rows: 0, wrong: 0 } : await counted(parting, clean, layout, true)
  if (all?.rows !== scanned.good)
    throw new InternalError(`${named.name} has ${scanned.good} rows, and ${all?.rows ?? 'none'} were read`)
  await tellWrong(parting, named, records(), all.wrong > 0 ? wrongRows(parting, clean, layout) : none())
  return { select: goodRows(clean, layout, picked, all.wrong > 0), rows: scanned.good + scanned.faulty }
}

async function* none(): AsyncGenerator<WrongRow, void> {}

/** How many rows DuckDB's strict reader finds, and in how many of them values are wrong; undefined where it fails. */
async function counted(
  { connection, picked }: Parting,
  source: DeclaredSource,
  header: FileColumns,
  must = false,
): Promise<Counted | undefined> {
  const wrong = isWrongRow(picked, source.dialect)
  const bad = wrong === undefined ? '0' : `count(*) FILTER (WHERE ${wrong})`
  // All columns are read: DuckDB finds broken UTF-8 only in what it reads.
  const query = `SELECT count(*), ${bad}, count(COLUMNS(*)) FROM ${csvTexts(source, header)}`
  try {
    const [row = []] = await (await connection.run(query)).getRowsJson()
    return { rows: Number(row[0]), wrong: Number(row[1]) }
  } catch (error) {
    if (must || !(error instanceof FaultError)) throw error
    return undefined
  }
}

function goodRows(
  source: DeclaredSource,
  header: FileColumns,
  picked: readonly DeclaredColumn[],
  some: boolean,
): string {
  const columns = picked.map((column) => `${triedValue(column, source.dialect)} AS ${quoteName(column.name)}`)
  const wrong = some ? isWrongRow(picked, source.dialect) : undefined
  const where = wrong === undefined ? '' : ` WHERE NOT (${wrong})`
  return `SELECT ${columns.join(', ')} FROM ${csvTexts(source, header)}${where}`
}

/** Counts records, without the header; with a path, copies those that can be rows into it. */
async function scan(
  batches: AsyncIterable<readonly CsvRecord[]>,
  source: DeclaredSource,
  copy?: string,
): Promise<{ good: number; faulty: number }> {
  let [good, faulty, header] = [0, 0, source.dialect.header !== false]
  const out = copy === undefined ? undefined : createWriteStream(copy)
  for await (const records of batches) {
    const kept: Buffer[] = []
    for (const { raw, fault } of records) {
      if (header) header = false
      else if (fault !== undefined) faulty++
      else {
        good++
        if (out) kept.push(raw, lineEnd)
      }
    }
    if (out && kept.length > 0) await written(out, Buffer.concat(kept))
  }
  if (out) {
    out.end()
    await once(out, 'finish')
  }
  return { good, faulty }
}

const lineEnd = Buffer.from('\n')

async function written(out: WriteStream, bytes: Buffer): Promise<void> {
  if (!out.write(bytes)) await once(out, 'drain')
}

/** Adds all bad rows of a file to the rejects, in the order of the file. */
async function tellWrong(
  { rejects, source }: Parting,
  { name: file }: NamedFile,
  batches: AsyncIterable<readonly CsvRecord[]>,
  wrong: AsyncGenerator<WrongRow, void>,
): Promise<void> {
  let row = 0
  let isHeader = source.dialect.header !== false
  let next = await wrong.next()
  for await (const records of batches) {
    for (const { line, raw, fault } of records) {
      const bad = (found: Pick<Rejected, 'reason' | 'column'>) =>
        rejects.add({ file, line, raw: raw.toString(), ...found })
      if (isHeader) isHeader = false
      else if (fault !== undefined) await bad({ reason: fault })
      else if (!next.done && next.value.row === ++row) {
        await bad(next.value)
        next = await wrong.next()
      }
    }
  }
  if (!next.done) throw new InternalError(`${file}: wrong values in a row that was not found`)
}
