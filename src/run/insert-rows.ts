import { isObject } from '../base/form.ts'
import { ProblemError } from '../base/problem.ts'
import type { Session } from '../engine/engine.ts'

/** Rows go to the engine in chunks of its own size. */
const chunk = 2048

/** Adds a row, rows, or a stream of rows to an output. */
export async function insertRows(
  session: Session,
  handle: string,
  table: string,
  rows: unknown,
): Promise<void> {
  const add = (list: readonly object[]) => session.insert(handle, list)
  if (Array.isArray(rows) && rows.length <= chunk) {
    // An empty list says that there are no rows: it counts as written.
    return add(rows.map((row) => checked(row, table)))
  }
  let buffer: object[] = []
  const take = async (row: unknown) => {
    buffer.push(checked(row, table))
    if (buffer.length < chunk) return
    await add(buffer)
    buffer = []
  }
  if (isAsyncIterable(rows)) for await (const row of rows) await take(row)
  else if (isIterable(rows)) for (const row of rows) await take(row)
  else await take(rows)
  await add(buffer)
}

function checked(row: unknown, table: string): object {
  if (isObject(row)) return row
  const found = row === null ? 'null' : Array.isArray(row) ? 'a list' : typeof row
  throw new ProblemError({
    code: 'contract/value',
    message: `output table '${table}': a row must be an object of columns, and ${found} was inserted`,
  })
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}
