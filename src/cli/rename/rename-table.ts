import path from 'node:path'
import { tableNameFault } from '../../base/names.ts'
import { ProblemError } from '../../base/problem.ts'
import { didYouMean } from '../../base/suggest.ts'
import { edited } from '../../engine/duckdb/edits.ts'
import { listFlows } from '../../flow/project.ts'
import { readText, withProjectQueries } from '../../run/project-queries.ts'
import { callsWith } from './column-in-code.ts'
import { declaredTables } from './code-queries.ts'
import { changesOf, outlineOf, refuseBroken, refuseMistakes, type Renamed } from './finish.ts'
import { leftTexts, lockNote } from './left.ts'
import { Modules } from './modules.ts'
import { renameTexts, renameVariables } from './table-in-modules.ts'
import { yamlEdits } from './yaml-names.ts'

/**
 * Computes the rename of a table wherever a project names it. Nothing is written.
 *
 * @param variable a new name for the variables that hold it
 * @throws ProblemError with all that stands against it
 */
export async function renameTable(
  from: string,
  to: string,
  projectRoot: string | undefined,
  variable?: string,
): Promise<Renamed> {
  return withProjectQueries(projectRoot, async (queries) => {
    const { root } = queries.project
    refuseMistakes(queries.problems)
    const steps = queries.steps.map(({ step }) => step)
    const sources = steps.flatMap(({ inputs }) =>
      inputs.filter(({ kind }) => kind === 'source').map(({ name }) => name),
    )
    refuseNames(from, to, [...declaredTables(steps).keys()], sources)
    const modules = Modules.open(root)
    const calls = callsWith(modules, new Set([from])).map(({ call }) => call)
    // The variables first: the rename of a text moves them.
    if (variable !== undefined) renameVariables(modules, calls, variable)
    renameTexts(modules, { from, to })
    const texts = new Map(modules.changes())
    for (const { file } of listFlows(root).filter((flow) => /\.ya?ml$/.test(flow.file))) {
      const text = readText(path.join(root, file))
      texts.set(file, edited(text, yamlEdits(text, { from, to })).text)
    }
    const changes = changesOf(root, texts)
    if (changes.length === 0) {
      throw new ProblemError({
        code: 'rename/unclear',
        message: `nowhere is '${from}' written as a text that can be changed: its name is made by code`,
      })
    }
    await refuseBroken(root, changes, steps, (step) =>
      outlineOf(step).map(([name, columns]) => [name === from ? to : name, columns]),
    )
    return {
      root,
      changes,
      left: leftTexts(modules, modules.files, from),
      notes: [
        `'${to}' starts without rows and history: the next run computes it, and what reads it`,
        `what was published as '${from}' stays in the lake under that name, until it is deleted there`,
        ...lockNote(root),
      ],
    }
  })
}

function refuseNames(from: string, to: string, tables: readonly string[], sources: readonly string[]): void {
  if (!tables.includes(from)) {
    const hint = sources.includes(from)
      ? `it is a source: change its name where it is declared`
      : didYouMean(from, tables)
    throw new ProblemError({
      code: 'project/unknown',
      message: `no step reads or writes a table '${from}'`,
      ...(hint !== undefined && { hint }),
    })
  }
  const fault = tableNameFault(to)
  if (fault !== undefined)
    throw new ProblemError({ code: 'contract/name-invalid', message: `the table name '${to}' ${fault}` })
  if (from === to)
    throw new ProblemError({ code: 'project/usage', message: `the table is called '${from}' already` })
  const clash = [...tables, ...sources].find(
    (name) => name !== from && name.toLowerCase() === to.toLowerCase(),
  )
  if (clash === undefined) return
  const message = `there is a ${sources.includes(clash) ? 'source' : 'table'} '${clash}' already`
  throw new ProblemError({ code: 'contract/name-clash', message, hint: 'take another name' })
}
