import type { DeclaredStep } from '../../flow/declared.ts'
import { indexOfPlace, type ProjectQueries } from '../../run/project-queries.ts'
import type { TracedQuery } from '../../run/protocol.ts'
import { inTemplate } from '../scaffold/code-text.ts'
import type { FileEdits } from './file-edits.ts'
import { renameInQuery, type ColumnRename, type QueryRename, type QuerySubject } from './query-rename.ts'

/** Renames a column in the queries of all `select` steps that read or write it. */
export async function renameInSelects(
  queries: ProjectQueries,
  tables: ReadonlySet<string>,
  rename: ColumnRename,
  edits: FileEdits,
): Promise<void> {
  const done = new Map<string, Promise<QueryRename>>()
  for (const { step } of queries.steps) {
    for (const traced of queries.queriesOf(step)) {
      const subject = subjectOf(step, traced, tables)
      if (subject.affected.size === 0 && !subject.writes) continue
      const { query, inputs, affected, writes } = subject
      const key = JSON.stringify([step.file, query.text, inputs, [...affected], writes])
      const first = !done.has(key)
      const found = await (done.get(key) ?? renameInQuery(subject, rename, queries.analyse))
      done.set(key, Promise.resolve(found))
      if (first) await place(queries, step, traced, found, edits)
    }
  }
}

function subjectOf(
  step: DeclaredStep,
  { handle, query }: TracedQuery,
  tables: ReadonlySet<string>,
): QuerySubject {
  const inputs = step.inputs.map(({ handle: name, name: table, columns, origin }) => ({
    handle: name,
    name: table,
    columns,
    ...('key' in origin && { key: origin.key }),
  }))
  const reads = inputs.filter(({ handle: name }) => query.relations.includes(name))
  const output = step.outputs.find((each) => each.handle === handle)
  return {
    query,
    inputs,
    affected: new Set(reads.filter(({ name }) => tables.has(name)).map((each) => each.handle)),
    writes: output !== undefined && tables.has(output.table.name),
  }
}

async function place(
  queries: ProjectQueries,
  step: DeclaredStep,
  traced: TracedQuery,
  found: QueryRename,
  edits: FileEdits,
): Promise<void> {
  const output = step.outputs.find(({ handle }) => handle === traced.handle)
  const what = `the query of '${output?.table.name ?? traced.handle}'`
  const offsets = 'stuck' in found ? [found.offset ?? 0] : found.edits.map(({ start }) => start)
  const places = await queries.placesIn(step, traced, offsets)
  const indexOf = (at: number) => {
    const where = places[at]
    return where?.line === undefined ? undefined : indexOfPlace(edits.textOf(where.file), where)
  }
  if ('stuck' in found) {
    edits.refuse(places[0]?.file ?? step.file, indexOf(0), `${what} cannot be renamed in: ${found.stuck}`)
    return
  }
  for (const [at, { start, end, text }] of found.edits.entries()) {
    const file = places[at]?.file ?? step.file
    const written = file.endsWith('.sql') ? text : inTemplate(text)
    edits.replace(file, indexOf(at), traced.query.text.slice(start, end), written, what)
  }
}
