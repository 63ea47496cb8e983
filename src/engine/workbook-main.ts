import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { once } from 'node:events'
import type { WorkbookAsk, WorkbookAnswer } from './workbook.ts'

/**
 * A sheet of a workbook as CSV, in a process of its own: its memory is limited, and whoever asks stays awake. Each row of
 * the sheet is a record; rows without any value are left out.
 */

type Value = string | number | boolean | Date | null

const dayMs = 86_400_000
/** The first day of the calendar of workbooks: what lies before is a time of day. */
const firstDay = Date.UTC(1900, 0, 1)

/** Numbers as they are, and days and times as DuckDB reads them. */
function textOf(value: Value): string {
  if (!(value instanceof Date)) return value === null ? '' : String(value)
  const ms = value.getTime()
  if (Number.isNaN(ms)) return ''
  const iso = value.toISOString()
  if (ms < firstDay) return iso.slice(11, 23)
  return ms % dayMs === 0 ? iso.slice(0, 10) : iso.slice(0, 23).replace('T', ' ')
}

function cellOf(value: Value): string {
  const text = textOf(value)
  return text === '' ? '' : `"${text.replaceAll('"', '""')}"`
}

/** More is no workbook that people made. */
const mostUnpacked = 1_000_000_000

/**
 * How many bytes a zip says that it unpacks to (PKWARE, "APPNOTE", 4.3.12 and 4.3.16). Sizes that are kept elsewhere, because they are
 * too large for their place, count as too much.
 */
function unpackedBytes(zip: Buffer): number {
  const end = zip.lastIndexOf('PK\u0005\u0006', undefined, 'latin1')
  if (end < 0 || end + 20 > zip.length) return 0
  let at = zip.readUInt32LE(end + 16)
  let sum = 0
  while (at + 46 <= end && zip.readUInt32LE(at) === 0x02014b50) {
    sum += zip.readUInt32LE(at + 24)
    at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return sum
}

async function convert({ file, to, sheet = 1, headerRow = 1 }: WorkbookAsk): Promise<WorkbookAnswer> {
  const { readXlsx, streamXlsxRows } = await import('hucre/xlsx')
  const bytes = await readFile(file)
  if (unpackedBytes(bytes) > mostUnpacked)
    return { fault: `it unpacks to more than ${mostUnpacked / 1e9} GB` }
  const sheets: string[] = []
  await readXlsx(bytes, {
    sheets: ({ name }) => {
      sheets.push(name)
      return false
    },
  })
  const at = typeof sheet === 'number' ? sheet - 1 : sheets.indexOf(sheet)
  if (sheets[at] === undefined) return { unknown: true, sheets }
  const out = createWriteStream(to)
  /** Where the number of a record is not the row of the sheet any more: the first such record, and by how much. */
  const shifts: [record: number, by: number][] = []
  let record = 1
  let width = 0
  for await (const { index, values } of streamXlsxRows(bytes, { sheet: at })) {
    if (index + 1 < headerRow) continue
    const isHeader = index + 1 === headerRow
    const cells: string[] = []
    if (isHeader) width = values.findLastIndex((value) => value !== null && value !== '') + 1
    if (width === 0) break
    if (values.every((value) => value === null || value === '')) continue
    // What stands behind the last name belongs to no column, unless it is a value: then the row does not fit.
    const length = Math.max(width, values.findLastIndex((value) => value !== null && value !== '') + 1)
    for (let column = 0; column < length; column++) cells.push(cellOf(values[column] ?? null))
    const text = `${cells.join(',')}\n`
    const by = index + 1 - record
    if (by !== (shifts.at(-1)?.[1] ?? 0)) shifts.push([record, by])
    record++
    if (!out.write(text)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
  return { sheets, shifts }
}

process.once('disconnect', () => process.exit())
process.once('message', (ask: WorkbookAsk) => {
  convert(ask)
    .catch((error: unknown): WorkbookAnswer => ({
      fault: error instanceof Error ? error.message : String(error),
    }))
    .then((answer) => process.send?.(answer))
    .catch(() => process.exit(1))
})
