import type { WorkerCalls } from './protocol.ts'
import { endWithParent } from './end-with-parent.ts'
import { serveCalls, type CallContext } from './serve-calls.ts'

/** A worker: loads notebooks and runs their code. What it needs is loaded when it is first asked for. */
type Op<K extends keyof WorkerCalls> = (
  ask: Parameters<WorkerCalls[K]>[0],
  context: CallContext,
) => Promise<ReturnType<WorkerCalls[K]>>

const operations: { readonly [K in keyof WorkerCalls]: Op<K> } = {
  describe: async (ask) => (await import('./worker-describe.ts')).describe(ask),
  contracts: async (ask) => (await import('./worker-describe.ts')).contracts(ask),
  load: async (ask) => {
    await (await import('./worker-notebook.ts')).notebookIn(ask)
    return {}
  },
  render: async (ask) => (await import('./worker-render.ts')).render(ask),
  renderAll: async (ask) => (await import('./worker-render.ts')).renderAll(ask),
  run: async (ask, context) => (await import('./worker-run.ts')).runNotebook(ask, context),
  observe: async (ask) => (await import('./worker-plugins.ts')).observe(ask),
  plugins: async (ask) => (await import('./worker-plugins.ts')).loadPlugins(ask),
}

endWithParent()
serveCalls(
  operations,
  () => {
    // Whatever it is asked, it loads a module of the user's: what reads those is there by then.
    import('../notebook/plain-graph.ts').catch(() => undefined)
  },
  true,
)
