import path from 'node:path'
import { ProblemError, type Problem } from '../../base/problem.ts'
import { didYouMean } from '../../base/suggest.ts'
import { findProject, flowNamed } from '../../flow/project.ts'
import { findDeclarations, type Declaration } from './declarations.ts'
import { declaredColumns } from './declared-columns.ts'
import { changed, withStep, writeChange } from './flow-step.ts'
import { camelCase, lastPart, Variables } from './names.ts'
import { nameProblems } from './new-table.ts'
import { notebookModule, type ModuleTable } from './notebook-module.ts'
import { existsProblem, notebookFile, writeNotebook, type Scaffolded } from './write-new.ts'

export interface NewNotebookFlags {
  readonly reads: string
  /** The table that is called like the notebook when left out. */
  readonly writes?: string
  readonly run?: true
  readonly flow?: string
  readonly force?: true
  readonly project?: string
}

/**
 * Writes a notebook that reads tables of the project and writes others, and adds it to a flow when told.
 *
 * @param name its path under `notebooks/`
 * @throws ProblemError with all that is wrong; then nothing is written
 */
export async function newNotebook(name: string, flags: NewNotebookFlags): Promise<Scaffolded> {
  const project = await findProject(flags.project)
  const { root } = project
  const file = notebookFile(name)
  const flow = flags.flow === undefined ? undefined : flowNamed(project, flags.flow)
  // What the file declares now goes away with it.
  const known = findDeclarations(root).filter(({ where }) => where.file !== file)
  const reads = namesIn(flags.reads)
  const writes = namesIn(flags.writes ?? tableOf(file))
  const exists = existsProblem(root, file, flags.force)
  const problems = [
    ...(exists ? [exists] : []),
    ...readProblems(reads, known),
    ...writeProblems(writes, reads, known),
  ]
  if (problems.length > 0) throw new ProblemError(problems)

  const inputs = reads.flatMap((each) => declarationOf(each, known) ?? [])
  const { tables, text } = moduleText(file, inputs, writes, known, flags.run === true)
  const change = flow && withStep(root, flow, file, inputs)
  await writeNotebook(root, file, text, flags.force)
  await writeChange(root, change)
  return {
    written: [{ file, change: 'made' }, ...changed(change)],
    notes: [...unknownColumns(tables), ...(change?.notes ?? [])],
    next: flow ? [`npx sluice run ${flow.name}`] : stepLines(file),
  }
}

function moduleText(
  file: string,
  inputs: readonly Declaration[],
  writes: readonly string[],
  known: readonly Declaration[],
  code: boolean,
): { text: string; tables: readonly ModuleTable[] } {
  const variables = new Variables()
  const imported = (declaration: Declaration): ModuleTable => ({
    name: declaration.name,
    variable: variables.take(declaration.variable, camelCase(declaration.name)),
    columns: declaredColumns(declaration),
    from: { file: declaration.where.file, exported: declaration.variable },
  })
  const [first, ...others] = inputs.map(imported)
  if (first === undefined)
    throw new ProblemError({ code: 'project/usage', message: '--reads names no table' })
  const outputs = writes.map((name): ModuleTable => {
    const declaration = declarationOf(name, known)
    if (declaration) return imported(declaration)
    return { name, variable: variables.take(camelCase(lastPart(name)), camelCase(name)) }
  })
  const reads = [first, ...others] as const
  return { text: notebookModule({ file, reads: [...reads], writes: outputs, code }), tables: reads }
}

/** `gold.daily` for `notebooks/gold/daily.ts`; four parts a name has at most. */
function tableOf(file: string): string {
  return file
    .replace(/^notebooks\/|\.m?ts$/g, '')
    .split('/')
    .slice(-4)
    .join('.')
}

function unknownColumns(tables: readonly ModuleTable[]): string[] {
  const unknown = tables.slice(0, 1).filter(({ columns }) => columns === undefined)
  return unknown.map(
    ({ name }) =>
      `the columns of '${name}' are not known to TypeScript (is sluice installed?), so all are taken`,
  )
}

function namesIn(text: string): string[] {
  return [
    ...new Set(
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
  ]
}

/** Several modules may declare a table, as a consumer does with what it expects: one that exports it comes first. */
function declarationOf(name: string, known: readonly Declaration[]): Declaration | undefined {
  const same = known.filter((each) => each.name === name)
  return same.find(({ exported }) => exported) ?? same[0]
}

function readProblems(reads: readonly string[], known: readonly Declaration[]): Problem[] {
  if (reads.length === 0) return [{ code: 'project/usage', message: '--reads names no table' }]
  return reads.flatMap((name): Problem[] => {
    const declaration = declarationOf(name, known)
    if (declaration) return exportProblems(declaration)
    const hint = didYouMean(
      name,
      known.map((each) => each.name),
    )
    return [
      {
        code: 'project/unknown',
        message: `no notebook declares a table or source '${name}'`,
        hint:
          hint ??
          `\`sluice new table ${/^[\w.-]+$/.test(name) ? name : 'bronze.name'} --from file.csv\` makes one from a file`,
      },
    ]
  })
}

function writeProblems(
  writes: readonly string[],
  reads: readonly string[],
  known: readonly Declaration[],
): Problem[] {
  if (writes.length === 0) return [{ code: 'project/usage', message: '--writes names no table' }]
  return writes.flatMap((name): Problem[] => {
    if (reads.includes(name)) {
      return [
        {
          code: 'project/usage',
          message: `a notebook cannot read and write '${name}'`,
          hint: 'write another table',
        },
      ]
    }
    const declaration = declarationOf(name, known)
    if (declaration?.kind === 'source') {
      return [
        {
          code: 'project/usage',
          message: `'${name}' is a source: no notebook writes it`,
          where: declaration.where,
        },
      ]
    }
    if (declaration) return exportProblems(declaration)
    const other = known.find((each) => each.name.toLowerCase() === name.toLowerCase())
    if (other === undefined) return nameProblems(name)
    const message = `the tables '${other.name}' and '${name}' differ in the case of letters only`
    return [{ code: 'contract/name-clash', message, where: other.where }]
  })
}

function exportProblems({ exported, name, variable, where }: Declaration): Problem[] {
  if (exported) return []
  return [
    {
      code: 'project/usage',
      message: `'${name}' cannot be imported: its module does not export '${variable}'`,
      where,
      hint: `write \`export const ${variable}\``,
    },
  ]
}

function stepLines(file: string): string[] {
  const step = camelCase(path.posix.basename(file, '.ts'))
  return [
    'add it to a flow:',
    `  import ${step} from '../${file}'`,
    `  .step(${step})`,
    `or run it alone: npx sluice run ${file}`,
  ]
}
