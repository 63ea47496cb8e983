import { ProblemError } from '../base/problem.ts'
import { parseDuration } from '../base/duration.ts'
import { isCount, isText, maybe, objectOf } from '../base/form.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { SqlOrigin } from '../contract/source-sql.ts'
import { columnProblems } from './column-fit.ts'
import type { Connections } from './config.ts'
import type { Fetched, Fetching } from './fetched.ts'
import { growingRows } from './growing.ts'
import { areKeptFiles, KeptFiles } from './kept-files.ts'
import { copied, type KeptRows, type Snapshot } from './looking.ts'
import { openConnection } from './open.ts'

const isSnapshot = objectOf<Snapshot>({
  form: (value) => value === 1,
  at: isCount,
  files: (value) => areKeptFiles(value) && (value as KeptRows[]).every(({ rows }) => isCount(rows)),
  note: maybe(isText),
})

/**
 * The rows of a database as files under `.sluice/sources/`. A table or query is read whole at each look; with a
 * high-water column, only what grew. Within `refresh`, what was read last is taken, and the database is not asked.
 * Throws a ProblemError: `source/columns`, `contract/type-mismatch`, `connection/*`.
 */
export async function snapshot(
  around: Fetching & { readonly connections: Connections },
  source: DeclaredSource,
  sql: SqlOrigin,
): Promise<Fetched> {
  const { root, connections, signal, hashOf, now } = around
  const columns = source.columns.map(({ name, type }) => [name, type.endsWith('[]')])
  const { refresh, ...asked } = sql
  const kept = new KeptFiles(root, { asked, columns, config: connections[sql.connection] ?? null })
  const last = await sound(kept, hashOf)
  const at = now()
  const age = at - (last?.at ?? 0)
  // A time in the future says nothing: a clock was wrong.
  if (last && refresh !== undefined && age >= 0 && age < (parseDuration(refresh) ?? 0))
    return told(sql, kept, last)
  const connecting = { root, connections, ...(signal && { signal }) }
  const connection = await openConnection(connecting, sql.connection, source.where)
  try {
    const files = await connection.transaction(
      async (transaction) => {
        const subject = sql.table === undefined ? { query: sql.query ?? '' } : { table: sql.table }
        const problems = columnProblems(source, await transaction.describe(subject), connection.kind)
        if (problems.length > 0) throw new ProblemError(problems)
        const looking = { source, sql, subject, connection, transaction, kept, last }
        if (sql.highWater !== undefined) return growingRows(looking, sql.highWater)
        if (refresh === undefined) around.reading?.(source.name)
        return { files: [await copied(looking, '')] }
      },
      { readOnly: true },
    )
    const next: Snapshot = { form: 1, at, ...files }
    await kept.write(next, now())
    return told(sql, kept, next)
  } catch (error) {
    throw placed(error, source)
  } finally {
    await connection.close()
  }
}

/** A query that is wrong stands where its source is declared. */
function placed(error: unknown, { where }: DeclaredSource): unknown {
  if (!(error instanceof ProblemError) || !where) return error
  return new ProblemError(
    error.problems.map((each) => (each.code === 'connection/query' ? { where, ...each } : each)),
    error.another,
  )
}

/** What was kept, while all of its files are as they were. */
async function sound(kept: KeptFiles, hashOf: Fetching['hashOf']): Promise<Snapshot | undefined> {
  const last = kept.read(isSnapshot)
  for (const file of last?.files ?? []) if (!(await kept.isSound(file, hashOf))) return undefined
  return last
}

function told({ connection, table }: SqlOrigin, kept: KeptFiles, { files, note }: Snapshot): Fetched {
  const what = `${connection}: ${table ?? 'query'}`
  const names = files.map(({ mark, tail }) =>
    mark === undefined ? what : `${what} ${tail === true ? 'at' : 'up to'} ${mark}`,
  )
  return {
    files: files.map((file) => kept.pathOf(file)),
    names,
    hashes: Object.fromEntries(files.map(({ hash }, at) => [names[at] ?? '', hash])),
    ...(note !== undefined && { notes: [note] }),
  }
}
