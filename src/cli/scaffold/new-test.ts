import { existsSync } from 'node:fs'
import path from 'node:path'
import { ProblemError } from '../../base/problem.ts'
import { didYouMean } from '../../base/suggest.ts'
import { fromWire } from '../../base/wire.ts'
import type { Inputs } from '../../contract/input.ts'
import type { AnyNotebook } from '../../contract/notebook.ts'
import type { Tables } from '../../contract/table.ts'
import { notebookCalled, notebookName } from '../../flow/place.ts'
import { findProject, listNotebooks } from '../../flow/project.ts'
import { loadModule } from '../../notebook/load.ts'
import { declaredNotebook } from '../../run/lake-declared.ts'
import type { ProjectOptions } from '../../run/options.ts'
import { isNotebook } from '../../run/worker-notebook.ts'
import { given } from '../../testing/given.ts'
import { rejectsHandle } from '../../testing/prepare.ts'
import { camelCase, lastPart } from './names.ts'
import { sampleRows, type SampleRow } from './sample-rows.ts'
import { testModule, type TestParts } from './test-module.ts'
import { existsProblem, writeNotebook, type Scaffolded } from './write-new.ts'

export interface NewTestFlags {
  readonly env?: string
  readonly rows?: number
  readonly force?: true
  readonly project?: string
}

/**
 * Writes a test of a notebook from a few rows of what it reads, expecting what it makes of them now.
 *
 * @param name of the notebook; its end will do
 * @throws ProblemError when there is no such notebook, the test exists, or the notebook fails on the rows
 */
export async function newTest(name: string, flags: NewTestFlags): Promise<Scaffolded> {
  const { root } = await findProject(flags.project)
  const file = notebookFileOf(root, name)
  const test = `tests/${notebookName(file)}.test.ts`
  const exists = existsProblem(root, test, flags.force)
  if (exists) throw new ProblemError(exists)
  const options = { projectRoot: root, ...(flags.env !== undefined && { env: flags.env }) }
  const notebook = (await loadModule(path.join(root, file), root))['default']
  if (!isNotebook(notebook)) throw noNotebook(file)
  const args = await argsOf(options, file)
  const sample = await sampleRows(notebook, options, flags.rows ?? 3)
  const parts = await tried(notebook, sample.rows, args)
  const variable = camelCase(lastPart(notebookName(file).replaceAll('/', '.')))
  const up = path.posix.relative(path.posix.dirname(test), file)
  const text = testModule({
    ...parts,
    variable,
    title: notebookName(file),
    from: up.startsWith('.') ? up : `./${up}`,
  })
  await writeNotebook(root, test, text, flags.force)
  const missing = existsSync(path.join(root, 'node_modules/vitest')) ? [] : ['npm install -D vitest']
  return {
    written: [{ file: test, change: 'made' }],
    notes: [...sample.notes, ...parts.notes],
    next: [...missing, `npx sluice test ${lastPart(notebookName(file).replaceAll('/', '.'))} --no-tables`],
  }
}

function notebookFileOf(root: string, name: string): string {
  const files = listNotebooks(root)
  const file = notebookCalled(name, files)
  if (file !== undefined) return file
  const hint = didYouMean(name, files.map(notebookName))
  throw new ProblemError({
    code: 'project/unknown',
    message: `there is no notebook '${name}'`,
    ...(hint !== undefined && { hint }),
  })
}

function noNotebook(file: string): ProblemError {
  return new ProblemError({
    code: 'notebook/no-export',
    message: `${file} has no notebook as its default export`,
    where: { file },
    hint: 'a notebook module says `export default notebook({ ... })`',
  })
}

/** The args that a flow gives it, or none. */
async function argsOf(options: ProjectOptions, file: string): Promise<SampleRow> {
  try {
    return fromWire((await declaredNotebook(options, file)).args) as SampleRow
  } catch (error) {
    if (error instanceof ProblemError) return {}
    throw error
  }
}

type Tried = Pick<TestParts, 'inputs' | 'args' | 'secrets' | 'outputs'> & {
  readonly notes: readonly string[]
}

/** What the notebook makes of the rows now; of rows that are made up where it fails on real ones. */
async function tried(
  notebook: AnyNotebook,
  sample: Readonly<Record<string, readonly SampleRow[]>>,
  args: SampleRow,
): Promise<Tried> {
  const handles = Object.keys(notebook.inputs as Inputs)
  const inputs = Object.fromEntries(handles.map((handle) => [handle, sample[handle] ?? [{}]]))
  const secrets = Object.fromEntries((notebook.definition.secrets ?? []).map((name) => [name, 'secret']))
  const run = async (rows: object) => {
    const tryOut = given(notebook, { ...rows, args } as never, { secrets })
    const rowsOf = async (handle: string) =>
      [handle, (await tryOut.rows(handle as never)) as readonly SampleRow[]] as const
    const outputs = Object.entries(notebook.outputs as Tables)
    const rejecting = outputs.filter(
      ([handle, { rejects }]) => rejects && !outputs.some(([other]) => other === rejectsHandle(handle)),
    )
    const rejected = await Promise.all(rejecting.map(([handle]) => rowsOf(rejectsHandle(handle))))
    const written = await Promise.all(outputs.map(([handle]) => rowsOf(handle)))
    return [...written, ...rejected.filter(([, found]) => found.length > 0)]
  }
  try {
    return { inputs, args, secrets, outputs: Object.fromEntries(await run(inputs)), notes: [] }
  } catch (error) {
    if (!(error instanceof ProblemError) || Object.keys(sample).length === 0) throw error
    const made = Object.fromEntries(handles.map((handle) => [handle, [{}]]))
    const notes = [`the sample could not be used: ${error.problems[0]?.message ?? ''}`]
    return { inputs: made, args, secrets, outputs: Object.fromEntries(await run(made)), notes }
  }
}
