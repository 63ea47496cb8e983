import { createReadStream } from 'node:fs'
import { ProblemError } from '../base/problem.ts'
import { copied, type KeptRows, type Looking, type Snapshot } from './looking.ts'
import { fromOf } from './select.ts'
import { writeHashed } from './write-hashed.ts'

/** More files than this are put together into one. */
const mostFiles = 32

/** So many rows at the mark are read again at each look. */
const fewRows = 10_000

type Grown = Pick<Snapshot, 'files' | 'note'>

/**
 * Rows of a table that grows by a column. The rows at its highest value are kept in a file of their own, and read
 * again with what comes next: rows that get the same value later are not lost. What lies below is counted at each
 * look, and read whole again when the count is another.
 */
export async function growingRows(looking: Looking, column: string): Promise<Grown> {
  const { last } = looking
  const tail = last?.files.find((file) => file.tail === true)
  const found = await counted(looking, column, tail?.mark)
  if (found.unknown > 0) throw hasNulls(looking, column, found.unknown)
  if (found.mark === null) return { files: [await copied(looking, '1 = 0')] }
  const below = (last?.files ?? []).filter((file) => file.tail !== true)
  const known = below.reduce((sum, { rows }) => sum + rows, 0)
  if (tail?.mark === undefined) return { files: await readUpTo(looking, column, undefined, found.mark) }
  if (found.below !== known || found.at < tail.rows) {
    const { table = 'its query', connection } = looking.sql
    const [now, before] = [found.below + found.at, known + tail.rows]
    const note = `${connection}: ${table} was read whole again: ${now} rows are not above ${tail.mark}, and there were ${before}`
    return { files: await readUpTo(looking, column, undefined, found.mark), note }
  }
  const same = found.mark === tail.mark && found.at === tail.rows
  // One that went and one that came are as many: few rows are looked at again.
  if (same && tail.rows > fewRows) return { files: last?.files ?? [] }
  const grown = await readUpTo(looking, column, tail.mark, found.mark)
  if (same && grown[0]?.hash === tail.hash) return { files: last?.files ?? [] }
  return { files: [...(await together(looking, below)), ...grown] }
}

interface Counted {
  readonly mark: string | null
  readonly unknown: number
  readonly below: number
  readonly at: number
}

async function counted(looking: Looking, column: string, mark: string | undefined): Promise<Counted> {
  const { connection, transaction } = looking
  const name = connection.identifier(column)
  const from = fromOf(looking)
  const count = (condition: string) => `count(CASE WHEN ${condition} THEN 1 END)`
  const text = connection.kind === 'postgres' ? `max(${name})::text` : `max(${name})`
  const at = mark === undefined ? undefined : literal(looking, mark)
  const asked = [text, count(`${name} IS NULL`)]
  if (at !== undefined) asked.push(count(`${name} < ${at}`), count(`${name} = ${at}`))
  const [row = []] = await transaction.rows(`SELECT ${asked.join(', ')} FROM ${from}`)
  const [highest = null, unknown, below, same] = row
  return { mark: highest, unknown: Number(unknown), below: Number(below ?? 0), at: Number(same ?? 0) }
}

/** Rows from a mark on, it included: one file of those below the highest value, one of those at it. */
async function readUpTo(
  looking: Looking,
  column: string,
  from: string | undefined,
  mark: string,
): Promise<KeptRows[]> {
  const name = looking.connection.identifier(column)
  const top = literal(looking, mark)
  const start = from === undefined ? '' : `${name} >= ${literal(looking, from)} AND `
  const files: KeptRows[] = []
  if (from !== mark) {
    const rows = await copied(looking, `${start}${name} < ${top}`)
    if (rows.rows > 0) files.push({ ...rows, mark })
  }
  return [...files, { ...(await copied(looking, `${name} = ${top}`)), mark, tail: true }]
}

/** A value of the column as it stands in SQL. SQLite compares texts and numbers as what they are. */
function literal({ connection }: Looking, mark: string): string {
  const isNumber = connection.kind === 'sqlite' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(mark)
  return isNumber ? mark : connection.literal(mark)
}

/** Many small files as one, in their order. */
async function together({ kept }: Looking, files: readonly KeptRows[]): Promise<readonly KeptRows[]> {
  const last = files.at(-1)
  if (files.length < mostFiles || !last) return files
  const all = async function* () {
    for (const file of files) yield* createReadStream(kept.pathOf(file)) as AsyncIterable<Uint8Array>
  }
  const beside = kept.beside()
  const { bytes, hash } = await writeHashed(all(), beside)
  const rows = files.reduce((sum, each) => sum + each.rows, 0)
  return [{ file: await kept.keep(beside, hash, '.csv'), bytes, hash, rows, mark: last.mark }]
}

function hasNulls({ source }: Looking, column: string, count: number): ProblemError {
  return new ProblemError({
    code: 'source/value',
    message: `source '${source.name}': the high-water column '${column}' is NULL in ${count} rows, which would never be read`,
    ...(source.where && { where: source.where }),
    hint: 'fill them, or read the table without `highWater`',
  })
}
