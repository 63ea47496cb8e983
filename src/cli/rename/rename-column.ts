import { columnNameFault } from '../../base/names.ts'
import { ProblemError, type Problem } from '../../base/problem.ts'
import { didYouMean } from '../../base/suggest.ts'
import { edited } from '../../engine/duckdb/edits.ts'
import type { DeclaredTable } from '../../contract/spec.ts'
import { withProjectQueries } from '../../run/project-queries.ts'
import { declaredTables } from './code-queries.ts'
import { callsWith, renameInCode } from './column-in-code.ts'
import { columnEdits, columnNames, mended } from './column-in-modules.ts'
import { renameInSelects } from './column-in-queries.ts'
import { applyAll, settle } from './settle.ts'
import { FileEdits } from './file-edits.ts'
import { changesOf, outlineOf, refuseBroken, refuseMistakes, type Renamed } from './finish.ts'
import { leftColumn, lockNote } from './left.ts'
import { Modules } from './modules.ts'
import type { ColumnRename } from './query-rename.ts'
import { refuseForeign } from './foreign.ts'

/**
 * Computes the rename of one column of one table in all code, SQL and contracts of a project. Nothing is written.
 *
 * @param called `silver.trips.fare`
 * @param to `fare_usd`, or `silver.trips.fare_usd`
 * @throws ProblemError with all that stands against it
 */
export async function renameColumn(
  called: string,
  to: string,
  projectRoot: string | undefined,
): Promise<Renamed> {
  return withProjectQueries(projectRoot, async (queries) => {
    const { root } = queries.project
    refuseMistakes(queries.problems)
    const steps = queries.steps.map(({ step }) => step)
    const known = declaredTables(steps)
    const { table, rename } = columnMeant(called, to, known)
    const modules = Modules.open(root)
    const calls = callsWith(modules, new Set([table]), rename.from)
    refuseForeign(table, rename.from, calls, modules)
    const tables = withRejects(table, known)
    const files = modules.behind(
      [...calls.map(({ call }) => call), ...calls.flatMap(({ call }) => columnNames(call, rename.from))].map(
        (node) => node.getSourceFile(),
      ),
    )
    const edits = new FileEdits(root)
    await renameInSelects(queries, tables, rename, edits)
    const left = await renameInCode(queries, modules, files, { calls, tables }, rename, edits)
    if (edits.problems.length > 0) throw new ProblemError(unique(edits.problems))
    const declared = calls.map(({ call }) => call)
    const texts = new Map<string, string>()
    const moduleEdits = columnEdits(modules, declared, files, rename)
    for (const name of edits.files) {
      const file = modules.named(name)
      if (file) moduleEdits.push(...edits.of(name).map((edit) => ({ file, ...edit })))
      else texts.set(name, edited(edits.textOf(name), edits.of(name)).text)
    }
    applyAll(modules, moduleEdits)
    settle(modules, files, rename.from, (fault) => mended(fault, rename))
    for (const [file, text] of modules.changes()) texts.set(file, text)
    const changes = changesOf(root, texts)
    await refuseBroken(root, changes, steps, (step) =>
      outlineOf(step).map(([name, columns]) =>
        tables.has(name)
          ? [name, columns.map((each) => (each === rename.from ? rename.to : each))]
          : [name, columns],
      ),
    )
    return {
      root,
      changes,
      left: [...left, ...leftColumn(root, modules, files, rename)],
      notes: [
        `'${table}' is computed anew under its new contract by the next run, and so is what reads the column`,
        ...lockNote(root),
      ],
    }
  })
}

/** The rejects of a table have its columns. */
function withRejects(
  table: string,
  known: ReadonlyMap<string, readonly DeclaredTable[]>,
): ReadonlySet<string> {
  const rejects = known.get(table)?.flatMap((each) => each.rejects ?? []) ?? []
  return new Set([table, ...rejects])
}

function columnMeant(
  called: string,
  to: string,
  known: ReadonlyMap<string, readonly DeclaredTable[]>,
): { table: string; rename: ColumnRename } {
  const table = [...known.keys()]
    .filter((name) => called.startsWith(`${name}.`))
    .toSorted((a, b) => b.length - a.length)[0]
  const columns = (table === undefined ? [] : (known.get(table) ?? [])).flatMap((each) =>
    each.columns.map(({ name }) => name),
  )
  const from = table === undefined ? '' : called.slice(table.length + 1)
  if (table === undefined || !columns.includes(from)) {
    const all = [...known].flatMap(([name, tables]) =>
      tables.flatMap((each) => each.columns.map((column) => `${name}.${column.name}`)),
    )
    const hint = table === undefined ? didYouMean(called, all) : didYouMean(from, columns)
    throw new ProblemError({
      code: 'project/unknown',
      message:
        table === undefined
          ? `no step has a table with a column '${called}'`
          : `table '${table}' has no column '${from}'`,
      hint: hint ?? 'write it like silver.trips.fare; `sluice lineage` lists tables and columns',
    })
  }
  const rename = { from, to: to.startsWith(`${table}.`) ? to.slice(table.length + 1) : to }
  const fault = columnNameFault(rename.to)
  const clash = columns.find((name) => name.toLowerCase() === rename.to.toLowerCase() && name !== from)
  if (fault !== undefined)
    throw new ProblemError({
      code: 'contract/name-invalid',
      message: `the column name '${rename.to}' ${fault}`,
    })
  if (rename.to === from)
    throw new ProblemError({ code: 'project/usage', message: `the column is called '${from}' already` })
  if (clash !== undefined) {
    const message = `table '${table}' has a column '${clash}' already`
    throw new ProblemError({ code: 'contract/name-clash', message, hint: 'take another name' })
  }
  return { table, rename }
}

function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}
