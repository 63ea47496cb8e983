import { fromWire } from '../base/wire.ts'
import type { Engine, EngineOptions } from '../engine/engine.ts'
import { relativeTo } from '../notebook/load.ts'
import type { RunAsk, WorkerCalls } from './protocol.ts'
import { runCode } from './run-code.ts'
import type { CallContext } from './serve-calls.ts'
import { notebookIn } from './worker-notebook.ts'

let known: { readonly share: string; readonly engine: Promise<Engine> } | undefined

/** A worker keeps its engine from step to step, unless a step has another share of memory or threads. */
async function opened(options: EngineOptions): Promise<Engine> {
  const share = `${options.memory} ${options.threads} ${(options.reach ?? []).join(':')}`
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
  const session = await (await opened(ask.engine)).session(ask.request)
  const interrupt = () => session.interrupt()
  context.signal.addEventListener('abort', interrupt, { once: true })
  try {
    return await runCode(notebook.definition, {
      session,
      request: ask.request,
      file: relativeTo(ask.projectRoot, ask.file),
      args: fromWire(ask.args),
      env: fromWire(ask.env),
      secrets: ask.secrets,
      partition: ask.partition,
      signal: context.signal,
      log: {
        debug: (text) => context.log('debug', text),
        info: (text) => context.log('info', text),
        warn: (text) => context.log('warn', text),
        error: (text) => context.log('error', text),
      },
    })
  } finally {
    if (session.checks().length > 0) context.checked(session.checks())
    context.signal.removeEventListener('abort', interrupt)
    await session.close()
  }
}
