import { InternalError, ProblemError } from '../base/problem.ts'
import { toWire } from '../base/wire.ts'
import { changesOf } from '../contract/changes.ts'
import type { LooseDefinition } from '../contract/notebook.ts'
import type { SessionRequest } from '../engine/engine.ts'
import { readByChanges, wrongReads } from './incremental-reads.ts'
import { notebookContext, type ContextParts } from './notebook-context.ts'
import type { CodeResult } from './protocol.ts'
import { renderSelects } from './render-selects.ts'
import { watchedSession } from './watched-session.ts'

/** What the code of a notebook runs with, over one session. */
export interface CodeParts extends Omit<ContextParts, 'inputs' | 'outputs' | 'incremental'> {
  readonly request: SessionRequest
  /** The notebook's file, for messages. */
  readonly file: string
}

/** Runs the code of a notebook in this process, and stages what it wrote. */
export async function runCode(definition: LooseDefinition, parts: CodeParts): Promise<CodeResult> {
  const { request, file, signal } = parts
  const { run } = definition
  if (!run) throw new InternalError(`${file} has no run()`)
  const reads = new Set<string>()
  const session = request.incremental ? watchedSession(parts.session, reads) : parts.session
  const own = request.inputs.filter(({ handle }) => changesOf(handle) === undefined)
  const inputs = own.map(({ handle, columns }) => ({
    handle,
    columns: columns.map(({ name }) => name),
  }))
  const written = request.outputs.filter(
    ({ rejectsOf, rejectsOfInput }) => rejectsOf === undefined && rejectsOfInput === undefined,
  )
  const outputs = written.map(({ handle, table }) => ({ handle, table: table.name }))
  const returned: unknown = await run(
    notebookContext({ ...parts, session, inputs, outputs, incremental: request.incremental }),
  )
  signal.throwIfAborted()
  const result = returned === undefined ? undefined : toWire(returned)
  if (returned !== undefined && result === undefined) throw unkeepable(file)
  if (!request.incremental) return { staged: await session.finish(), sources: session.sources(), result }
  const handles = { handles: inputs, args: parts.args, env: parts.env, file }
  for (const { handle, query } of renderSelects(definition, handles)) await session.takeOut(handle, query)
  const mustBeFull = wrongReads(request.incremental, reads)
  if (mustBeFull !== undefined) return { staged: [], sources: [], result, mustBeFull }
  const staged = await session.finish()
  return { staged, sources: session.sources(), result, byChanges: readByChanges(reads) }
}

function unkeepable(file: string): ProblemError {
  return new ProblemError({
    code: 'step/result-invalid',
    message: `what ${file} returned cannot be kept: it holds something that is not plain data`,
    where: { file },
    hint: 'return plain objects, lists, texts, numbers, bigints, dates or bytes',
  })
}
