import { InternalError, ProblemError } from '../base/problem.ts'
import { toWire, type Json } from '../base/wire.ts'
import type { LooseDefinition } from '../contract/notebook.ts'
import type { SessionRequest, SourceRead, StagedOutput } from '../engine/engine.ts'
import { notebookContext, type ContextParts } from './notebook-context.ts'

/** What the code of a notebook runs with, over one session. */
export interface CodeParts extends Omit<ContextParts, 'inputs' | 'outputs'> {
  readonly request: SessionRequest
  /** The notebook's file, for messages. */
  readonly file: string
}

export interface CodeResult {
  readonly staged: readonly StagedOutput[]
  readonly sources: readonly SourceRead[]
  readonly result: Json | undefined
}

/** Runs the code of a notebook in this process, and stages what it wrote. */
export async function runCode({ run }: LooseDefinition, parts: CodeParts): Promise<CodeResult> {
  const { session, request, file, signal } = parts
  if (!run) throw new InternalError(`${file} has no run()`)
  const inputs = request.inputs.map(({ handle, columns }) => ({
    handle,
    columns: columns.map(({ name }) => name),
  }))
  const written = request.outputs.filter(
    ({ rejectsOf, rejectsOfInput }) => rejectsOf === undefined && rejectsOfInput === undefined,
  )
  const outputs = written.map(({ handle, table }) => ({ handle, table: table.name }))
  const returned: unknown = await run(notebookContext({ ...parts, inputs, outputs }))
  signal.throwIfAborted()
  const result = returned === undefined ? undefined : toWire(returned)
  if (returned !== undefined && result === undefined) throw unkeepable(file)
  return { staged: await session.finish(), sources: session.sources(), result }
}

function unkeepable(file: string): ProblemError {
  return new ProblemError({
    code: 'step/result-invalid',
    message: `what ${file} returned cannot be kept: it holds something that is not plain data`,
    where: { file },
    hint: 'return plain objects, lists, texts, numbers, bigints, dates or bytes',
  })
}
