import { ProblemError } from '../../base/problem.ts'
import type { DiffRequest, RowExamples, RowsDiff } from '../table-diff.ts'
import type { Connection } from './connection.ts'
import { sharedKeys, withKey, type SharedKeys } from './diff-duplicates.ts'
import { keyedExamples, noExamples } from './diff-examples.ts'
import { countKeyed } from './diff-keyed.ts'
import { sharedColumns, sideSql, typeOf, type SharedColumns } from './diff-sides.ts'
import { wholeDiff, type WholeDiff } from './diff-whole.ts'
import { FaultError, firstLine, toldOf } from './faults.ts'

/**
 * How the rows of two versions of a table differ. With a key: rows added, removed and changed, by one full
 * outer join; rows that share their key are compared as whole rows. Without: the difference as multisets.
 * Equality is that of IS NOT DISTINCT FROM: NULL equals NULL, NaN equals NaN, -0.0 equals 0.0.
 *
 * @param connection one of its own: it keeps temporary tables
 * @throws ProblemError `storage/corrupt` when files cannot be read, `step/memory`, `query/failed`
 */
export function diffRows(connection: Connection, request: DiffRequest, table: string): Promise<RowsDiff> {
  return toldOf(`the difference of table '${table}'`, async () => {
    try {
      return await compared(connection, request)
    } catch (error) {
      if (!(error instanceof FaultError) || !unreadable.has(error.fault.type)) throw error
      const message = `the files of table '${table}': ${firstLine(error.fault.message)}`
      throw new ProblemError({ code: 'storage/corrupt', message })
    }
  })
}

/** What DuckDB calls faults of files. */
const unreadable = new Set(['IO', 'Invalid Input', 'Serialization', 'Unknown'])

async function compared(connection: Connection, request: DiffRequest): Promise<RowsDiff> {
  const columns = sharedColumns(request)
  const all = [...columns.key, ...columns.others]
  // Nothing to tell rows apart by: they are as many as they are.
  if (all.length === 0) return countsOnly(request)
  if (columns.key.length === 0) return told(request, columns, await whole(connection, request, columns))
  const shared = await sharedKeys(connection, request, columns.key)
  const keyed = await matched(connection, request, columns, shared)
  const rest = shared && (await whole(connection, request, columns, true))
  return told(request, columns, rest, keyed, shared)
}

type Keyed = Awaited<ReturnType<typeof matched>>

async function matched(
  connection: Connection,
  request: DiffRequest,
  columns: SharedColumns,
  shared: SharedKeys | undefined,
) {
  const side = (relation: string) => (shared ? withKey(relation, 'ANTI', columns.key) : relation)
  const all = [...columns.key, ...columns.others]
  const [before, after] = [side(sideSql(request.before, all)), side(sideSql(request.after, all))]
  const counts = await countKeyed(connection, before, after, columns, request)
  const examples =
    request.examples > 0 ? await keyedExamples(connection, request, columns, counts) : noExamples
  return { ...counts, examples }
}

/** The sides as multisets, or those of their rows that share a key. */
function whole(
  connection: Connection,
  { before, after, examples }: DiffRequest,
  { key, others }: SharedColumns,
  sharedOnly = false,
): Promise<WholeDiff> {
  const all = [...key, ...others]
  const [one, two] = [before, after]
    .map((side) => sideSql(side, all))
    .map((relation) => (sharedOnly ? withKey(relation, 'SEMI', key) : relation))
  return wholeDiff(connection, one ?? '', two ?? '', all, examples)
}

function told(
  request: DiffRequest,
  { key, others }: SharedColumns,
  rest: WholeDiff | undefined,
  keyed?: Keyed,
  shared?: SharedKeys,
): RowsDiff {
  const { before, after } = request
  const removed = (keyed?.removed ?? 0) + (rest?.removed ?? 0)
  const changed = keyed?.changed ?? 0
  const retyped = [...key, ...others].filter(({ name }) => typeOf(before, name) !== typeOf(after, name))
  return {
    added: (keyed?.added ?? 0) + (rest?.added ?? 0),
    removed,
    changed,
    same: before.rows - removed - changed,
    columns: (keyed?.columns ?? [])
      .filter((column) => column.changed > 0)
      .toSorted((a, b) => b.changed - a.changed),
    comparedAs: retyped.map(({ name, type }) => ({ column: name, type })),
    ...(shared && { duplicates: shared }),
    examples: joined(keyed?.examples ?? noExamples, rest?.examples ?? noExamples, request.examples),
  }
}

function joined(one: RowExamples, two: Omit<RowExamples, 'changed'>, count: number): RowExamples {
  return {
    added: [...one.added, ...two.added].slice(0, count),
    removed: [...one.removed, ...two.removed].slice(0, count),
    changed: one.changed,
  }
}

function countsOnly({ before, after }: DiffRequest): RowsDiff {
  return {
    added: after.rows,
    removed: before.rows,
    changed: 0,
    same: 0,
    columns: [],
    comparedAs: [],
    examples: noExamples,
  }
}
