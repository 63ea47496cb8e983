import type { SourceFile } from 'ts-morph'
import type { Problem } from '../../base/problem.ts'
import { namePlaces } from '../../engine/duckdb/name-places.ts'
import type { ProjectQueries } from '../../run/project-queries.ts'
import {
  codeQuery,
  conditionsOf,
  declaredTables,
  templatesOf,
  type CodeQuery,
  type KnownTables,
} from './code-queries.ts'
import { inTemplate } from '../scaffold/code-text.ts'
import type { FileEdits } from './file-edits.ts'
import type { Modules } from './modules.ts'
import { renameInQuery, type ColumnRename } from './query-rename.ts'
import { tableCalls, type TableCall } from './table-calls.ts'

/**
 * Renames a column in SQL that stands in code: conditions of the contract, queries of checks, and the queries of
 * `run` notebooks.
 *
 * @param files modules that can refer to the table
 * @returns places that name it and that nobody could look into
 */
export async function renameInCode(
  queries: ProjectQueries,
  modules: Modules,
  files: readonly SourceFile[],
  { calls, tables }: { readonly calls: readonly TableCall[]; readonly tables: ReadonlySet<string> },
  rename: ColumnRename,
  edits: FileEdits,
): Promise<readonly Problem[]> {
  const steps = queries.steps.map(({ step }) => step)
  const declared = declaredTables(steps)
  const known: KnownTables = {
    affected: tables,
    columnsOf: (name) => declared.get(name)?.[0]?.columns,
  }
  const found: CodeQuery[] = calls.flatMap(({ name, call }) => {
    const columns = declared
      .get(name)
      ?.find((table) => table.columns.some((each) => each.name === rename.from))
    return columns ? conditionsOf(call, columns.columns) : []
  })
  const notes: Problem[] = []
  const isRendered = renderedPieces(queries)
  for (const file of files) {
    const name = modules.nameOf(file)
    const step = steps.find((each) => each.file === name && each.kind === 'run')
    for (const node of templatesOf(file, isRendered)) {
      const query = codeQuery(node, step, known)
      if (query && (query.subject.affected.size > 0 || query.subject.writes)) found.push(query)
      else if (!query && namePlaces(node.getTemplate().getText().slice(1, -1), rename.from).length > 0) {
        const message = `a piece of SQL that no query of a step showed names '${rename.from}'`
        notes.push({ code: 'rename/unclear', severity: 'warn', message, where: modules.placeOf(node) })
      }
    }
  }
  for (const query of found) await change(query, modules, rename, queries, edits)
  return notes
}

async function change(
  { node, subject, at, isTemplate }: CodeQuery,
  modules: Modules,
  rename: ColumnRename,
  { analyse }: ProjectQueries,
  edits: FileEdits,
): Promise<void> {
  const file = modules.nameOf(node.getSourceFile())
  const renamed = await renameInQuery(subject, rename, analyse)
  if ('stuck' in renamed) {
    edits.refuse(
      file,
      at(renamed.offset ?? 0) ?? node.getStart(),
      `this SQL cannot be renamed in: ${renamed.stuck}`,
    )
    return
  }
  for (const { start, end, text } of renamed.edits) {
    const before = subject.query.text.slice(start, end)
    const written = isTemplate ? inTemplate(text) : inQuotes(text, node.getText().charAt(0))
    edits.replace(file, at(start), before, written, 'this SQL')
  }
}

/** A name in a text of the program: quotes and backslashes get their escape. */
function inQuotes(text: string, quote: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)
}

/** Whether a template with these strings was seen in some rendered query. */
function renderedPieces({ steps, queriesOf }: ProjectQueries): (strings: readonly string[]) => boolean {
  const pieces = steps.flatMap(({ step }) => queriesOf(step)).flatMap(({ origin }) => origin.pieces)
  const known = new Set(pieces.map(({ strings }) => JSON.stringify(strings)))
  return (strings) => known.has(JSON.stringify(strings))
}

/** The declarations of tables of some names that have a column. */
export function callsWith(modules: Modules, tables: ReadonlySet<string>, column?: string): TableCall[] {
  return modules.files
    .flatMap(tableCalls)
    .filter(({ name }) => tables.has(name))
    .filter(
      ({ call }) =>
        column === undefined || call.getArguments()[1]?.getType().getProperty(column) !== undefined,
    )
}
