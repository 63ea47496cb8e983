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
  const tail = looking.last?.files.find((file) => file.tail === true)
  const found = await counted(looking, column, tail?.mark)
  if (found.unknown > 0) throw hasNulls(looking, column, found.unknown)
  const grown = await grownTo(looking, column, found, tail)
  const read = grown.files.reduce((sum, { rows }) => sum + rows, 0)
  if (read !== found.all) throw unsteady(looking, column, found.all, read)
  return grown
}

async function grownTo(
  looking: Looking,
  column: string,
  found: Counted,
  tail: KeptRows | undefined,
): Promise<Grown> {
  const { last } = looking
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
  readonly all: number
  readonly unknown: number
  readonly below: number
  readonly at: number
}

async function counted(looking: Looking, column: string, mark: string | undefined): Promise<Counted> {
  const { connection, transaction } = looking
  const name = connection.identifier(column)
  const from = fromOf(looking)
  const count = (condition: string) => `count(CASE WHEN ${condition} THEN 1 END)`
  // In SQLite the text '5' and the number 5 are not equal: the mark says which of them it is.
  const text =
    connection.kind === 'postgres'
      ? `max(${name})::text`
      : `CASE WHEN max(${name}) IS NOT NULL THEN quote(max(${name})) END`
  const at = mark === undefined ? undefined : literal(looking, mark)
  const asked = [text, 'count(*)', count(`${name} IS NULL`)]
  if (at !== undefined) asked.push(count(`${name} < ${at}`), count(`${name} = ${at}`))
  const [row = []] = await transaction.rows(`SELECT ${asked.join(', ')} FROM ${from}`)
  const [highest = null, ...counts] = row
  const [all = 0, unknown = 0, below = 0, same = 0] = counts.map(Number)
  return { mark: highest, all, unknown, below, at: same }
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

/** A mark as it stands in SQL: a number or a text in quotes of SQLite, or a text of PostgreSQL. */
function literal({ connection }: Looking, mark: string): string {
  if (connection.kind !== 'sqlite') return connection.literal(mark)
  if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(mark)) return mark
  const quoted = /^'(.*)'$/s.exec(mark)?.[1]
  return connection.literal(quoted === undefined ? mark : quoted.replaceAll("''", "'"))
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
    message: `source '${source.name}': the high-water column '${column}' is NULL in ${count} ${count === 1 ? 'row' : 'rows'}, which would never be read`,
    ...(source.where && { where: source.where }),
    hint: 'fill them, or read the table without `highWater`',
  })
}

/** Rows that are neither below the mark nor at it, or that come and go by themselves: some would be lost. */
function unsteady({ source }: Looking, column: string, all: number, read: number): ProblemError {
  return new ProblemError({
    code: 'source/value',
    message: `source '${source.name}': ${all} rows were counted by the high-water column '${column}', and ${read} read`,
    ...(source.where && { where: source.where }),
    hint: 'its values must be of one kind (numbers or texts, no bytes), and a query must give the same rows each time',
  })
}
