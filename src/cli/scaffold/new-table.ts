import path from 'node:path'
import { columnNameFault, tableNameFault } from '../../base/names.ts'
import { ProblemError, type Problem } from '../../base/problem.ts'
import { didYouMean } from '../../base/suggest.ts'
import type { EngineOptions } from '../../engine/engine.ts'
import type { FileColumn, FileFacts } from '../../engine/duckdb/file-relation.ts'
import { cacheFolder, findProject, flowNamed } from '../../flow/project.ts'
import { listed } from './code-text.ts'
import { camelCase, lastPart, Variables } from './names.ts'
import { contractFile, importedModule, type ContractFile } from './import-table.ts'
import { findDeclarations, type Declaration } from './declarations.ts'
import { changed, withStep, writeChange } from './flow-step.ts'
import { rawFiles } from './raw-files.ts'
import { tableModule } from './table-module.ts'
import { existsProblem, notebookFile, writeNotebook, type Scaffolded } from './write-new.ts'

export interface NewTableFlags {
  readonly from: string
  readonly notebook?: string
  readonly key?: string
  readonly flow?: string
  /** The table within a file of contracts. */
  readonly object?: string
  readonly force?: true
  readonly project?: string
}

/**
 * Writes a source for raw files, a table of the same columns, and the notebook that takes them in, and adds it
 * to a flow when told.
 *
 * @param name the table, such as `bronze.trips`
 * @throws ProblemError with all that is wrong; then nothing is written
 */
export async function newTable(name: string, flags: NewTableFlags): Promise<Scaffolded> {
  const project = await findProject(flags.project)
  const { root } = project
  refuse(nameProblems(name))
  const contract = await contractFile(flags.from, [process.cwd(), root])
  if (contract) return newContract(name, contract, flags, root)
  if (flags.object !== undefined) refuse([usage('--object is for files of ODCS, which hold contracts')])
  const flow = flags.flow === undefined ? undefined : flowNamed(project, flags.flow)
  const file = notebookFile(flags.notebook ?? defaultNotebook(name))
  const raw = await rawFiles(flags.from, root, process.cwd())
  const exists = existsProblem(root, file, flags.force)
  refuse([...(exists ? [exists] : []), ...takenProblems(name, file, findDeclarations(root))])
  const { fileFacts } = await import('../../engine/duckdb/file-facts.ts')
  const facts = await fileFacts(raw.files, raw.format, engineOptions(root))
  const key = (flags.key ?? '').split(',').filter((column) => column !== '')
  refuse([...columnProblems(raw.pattern, facts), ...keyProblems(raw.pattern, key, facts.columns)])

  const variables = new Variables()
  const last = lastPart(name)
  const table = variables.take(camelCase(last), camelCase(name), `${camelCase(last)}Table`)
  const source = variables.take(`${camelCase(last)}File${raw.files.length > 1 ? 's' : ''}`)
  const module = tableModule({ name, table, source, pattern: raw.pattern, key, facts })
  const reads = [{ kind: 'source', name: raw.pattern, variable: source, where: { file } }] as const
  const change = flow && withStep(root, flow, file, reads)
  await writeNotebook(root, file, module.text, flags.force)
  await writeChange(root, change)
  const nulls = facts.dialect.nulls?.filter((word) => word !== '') ?? []
  return {
    written: [{ file, change: 'made' }, ...changed(change)],
    notes: [
      ...[...facts.notes, ...module.notes].map((note) => `${raw.pattern}: ${note}`),
      ...(nulls.length > 0
        ? [
            `${listed(nulls.map((word) => `'${word}'`))} is read as NULL: edit \`nulls\` if it means something`,
          ]
        : []),
      ...(change?.notes ?? []),
      ...(facts.rows === 0 ? [`${raw.pattern} has no rows: check the types of the columns`] : []),
    ],
    next: flow ? [`npx sluice run ${flow.name}`] : nextSteps(file, source),
  }
}

/** A table from a contract: there are no rows, so there is no source and no notebook yet. */
async function newContract(
  name: string,
  contract: ContractFile,
  flags: NewTableFlags,
  root: string,
): Promise<Scaffolded> {
  if (flags.flow !== undefined || flags.key !== undefined)
    refuse([usage(`${contract.said} is a contract, not rows: --flow and --key mean nothing for it`)])
  const file = notebookFile(flags.notebook ?? `${defaultNotebook(name)}_table`)
  const exists = existsProblem(root, file, flags.force)
  refuse([...(exists ? [exists] : []), ...takenProblems(name, file, findDeclarations(root))])
  const variable = new Variables().take(camelCase(lastPart(name)), camelCase(name))
  const module = await importedModule(contract, name, variable, flags.object)
  await writeNotebook(root, file, module.text, flags.force)
  return {
    written: [{ file, change: 'made' }],
    notes: module.notes,
    next: [
      'write the notebook that fills it:',
      `  npx sluice new notebook ${defaultNotebook(name)} --reads <tables> --writes ${name}`,
    ],
  }
}

function usage(message: string): Problem {
  return { code: 'project/usage', message }
}

/** Types are found in the project's own folder for what is temporary; a file of any size is streamed. */
function engineOptions(root: string): EngineOptions {
  return { memory: '1GB', threads: 2, tempFolder: path.join(root, cacheFolder, 'tmp', `new-${process.pid}`) }
}

function nextSteps(file: string, source: string): string[] {
  const step = new Variables([source]).take(camelCase(file.replace(/^.*\/|\.ts$/g, '')), 'ingest')
  return [
    'add it to a flow:',
    `  import ${step}, { ${source} } from '../${file}'`,
    `  .source(${source}).step(${step})`,
    `or run it alone: npx sluice run ${file}`,
  ]
}

function defaultNotebook(name: string): string {
  return name.includes('.') ? `${name.slice(0, name.indexOf('.'))}/${lastPart(name)}` : name
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ProblemError(problems)
}

/** What is wrong with the name of a new table. */
export function nameProblems(name: string): Problem[] {
  const fault = tableNameFault(name)
  if (fault === undefined) return []
  return [
    {
      code: 'contract/name-invalid',
      message: `the table name '${name}' ${fault}`,
      hint: 'write it like bronze.trips',
    },
  ]
}

function takenProblems(name: string, file: string, declarations: readonly Declaration[]): Problem[] {
  const same = declarations.find(
    (each) => each.name.toLowerCase() === name.toLowerCase() && each.where.file !== file,
  )
  if (same === undefined) return []
  return [
    {
      code: 'project/exists',
      message: `the table '${same.name}' is declared already, and nothing was written`,
      where: same.where,
    },
  ]
}

function columnProblems(pattern: string, { columns }: FileFacts): Problem[] {
  return columns.flatMap(({ name }) => {
    const fault = columnNameFault(name)
    if (fault === undefined) return []
    return [
      {
        code: 'contract/name-invalid' as const,
        message: `${pattern}: the column name ${JSON.stringify(name)} ${fault}`,
        hint: "rename it in the file, or write the notebook by hand and leave it out with `extra: 'ignore'`",
      },
    ]
  })
}

function keyProblems(pattern: string, key: readonly string[], columns: readonly FileColumn[]): Problem[] {
  return key.flatMap((name): Problem[] => {
    const column = columns.find((each) => each.name === name)
    if (column === undefined) {
      const hint = didYouMean(
        name,
        columns.map((each) => each.name),
      )
      return [
        {
          code: 'contract/column-missing',
          message: `${pattern} has no column '${name}' for the key`,
          ...(hint && { hint }),
        },
      ]
    }
    if (!column.hasNulls) return []
    return [
      {
        code: 'contract/null',
        message: `${pattern}: column '${name}' holds NULL, so it cannot be part of a key`,
      },
    ]
  })
}
