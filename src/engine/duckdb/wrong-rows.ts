import type { DeclaredColumn, DeclaredSource } from '../../contract/spec.ts'
import type { Connection } from './connection.ts'
import { csvTexts } from './source-csv.ts'
import type { FileColumns } from './source-columns.ts'
import { quoteName } from './sql-text.ts'
import { isWrongRow, isWrongText } from './text-values.ts'

/** A row of a file with wrong values. */
export interface WrongRow {
  /** Its number among the rows of the file, from 1. */
  readonly row: number
  /** The first column that is wrong. */
  readonly column: string
  readonly reason: string
}

/** No file has a column of that name. */
const number = quoteName('\u0001row')
/** Letters of a value that are shown. */
const shown = 100

/** The rows of a file with values that are not what the source declares, in the order of the file. */
export async function* wrongRows(
  { connection, picked }: { readonly connection: Connection; readonly picked: readonly DeclaredColumn[] },
  source: DeclaredSource,
  file: FileColumns,
): AsyncGenerator<WrongRow, void> {
  const tests = picked.flatMap((column) => {
    const wrong = isWrongText(column, source.dialect)
    return wrong === '' ? [] : [{ column, wrong }]
  })
  const told = tests.map(({ column: { name }, wrong }, at) => {
    const text = quoteName(name)
    return `CASE WHEN ${wrong} THEN coalesce('v' || left(${text}, ${shown}), 'n') END AS c${at}`
  })
  // One thread: rows are numbered as they stand in the file.
  const rows = csvTexts(source, file, ['parallel=false'])
  const { chunks } = await connection.stream(
    `SELECT ${number}, ${told.join(', ')} FROM (SELECT row_number() OVER () AS ${number}, * FROM ${rows})
     WHERE ${isWrongRow(picked, source.dialect) ?? 'false'} ORDER BY ${number}`,
  )
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.rowCount; at++) {
      const found = tests.flatMap(({ column }, test) => {
        const text = chunk.getColumnVector(test + 1).getItem(at) as string | null
        return text === null ? [] : [{ column, says: reasonOf(column, text) }]
      })
      const [first, ...others] = found
      if (!first) continue
      const more = others.map(({ column, says }) => `; column '${column.name}': ${says}`)
      const reason = `${first.says}${more.join('')}`
      yield { row: Number(chunk.getColumnVector(0).getItem(at)), column: first.column.name, reason }
    }
  }
}

function reasonOf({ type }: DeclaredColumn, text: string): string {
  return text === 'n'
    ? 'there is no value, and the column is not nullable'
    : `"${text.slice(1)}" is not ${type}`
}
