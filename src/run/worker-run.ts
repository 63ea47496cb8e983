import { InternalError, ProblemError } from '../base/problem.ts'
import { fromWire, toWire } from '../base/wire.ts'
import type { Engine, EngineOptions } from '../engine/engine.ts'
import { relativeTo } from '../notebook/load.ts'
import { notebookContext } from './notebook-context.ts'
import type { RunAsk, WorkerCalls } from './protocol.ts'
import type { CallContext } from './serve-calls.ts'
import { notebookIn } from './worker-notebook.ts'

let known: { readonly share: string; readonly engine: Promise<Engine> } | undefined

/** A worker keeps its engine from step to step, unless a step has another share of memory or threads. */
async function opened(options: EngineOptions): Promise<Engine> {
  const share = `${options.memory} ${options.threads}`
  if (known?.share !== share) {
    await (await known?.engine)?.close()
    known = {
      share,
      engine: import('../engine/duckdb/open.ts').then(({ openDuckDb }) => openDuckDb(options)),
    }
  }
  return known.engine
}

/** Runs the code of a notebook and stages its outputs. */
export async function runNotebook(
  ask: RunAsk,
  context: CallContext,
): Promise<ReturnType<WorkerCalls['run']>> {
  const notebook = await notebookIn(ask)
  const { run } = notebook.definition
  if (!run) throw new InternalError(`${ask.file} has no run()`)
  const session = await (await opened(ask.engine)).session(ask.request)
  const interrupt = () => session.interrupt()
  context.signal.addEventListener('abort', interrupt, { once: true })
  try {
    const returned: unknown = await run(
      notebookContext({
        session,
        inputs: ask.request.inputs.map(({ handle, columns }) => ({
          handle,
          columns: columns.map(({ name }) => name),
        })),
        outputs: ask.request.outputs.map(({ handle, table }) => ({ handle, table: table.name })),
        args: fromWire(ask.args),
        env: fromWire(ask.env),
        secrets: ask.secrets,
        signal: context.signal,
        log: {
          debug: (text) => context.log('debug', text),
          info: (text) => context.log('info', text),
          warn: (text) => context.log('warn', text),
          error: (text) => context.log('error', text),
        },
      }),
    )
    context.signal.throwIfAborted()
    const result = returned === undefined ? undefined : toWire(returned)
    if (returned !== undefined && result === undefined) throw unkeepable(ask)
    return { staged: await session.finish(), result }
  } finally {
    context.signal.removeEventListener('abort', interrupt)
    await session.close()
  }
}

function unkeepable(ask: RunAsk): ProblemError {
  const file = relativeTo(ask.projectRoot, ask.file)
  return new ProblemError({
    code: 'step/result-invalid',
    message: `what ${file} returned cannot be kept: it holds something that is not plain data`,
    where: { file },
    hint: 'return plain objects, lists, texts, numbers, bigints, dates or bytes',
  })
}
