import { availableParallelism } from 'node:os'
import pLimit from 'p-limit'
import type { Engine } from '../engine/engine.ts'
import type { EngineCalls } from './protocol.ts'
import { countRows } from './count-rows.ts'
import { computeWithDigests, digestQueries } from './compute-queries.ts'
import { serveCalls, type CallContext } from './serve-calls.ts'

/**
 * The engine host: one engine for the queries of all `select` steps, because one instance shares threads and
 * memory better than several do. No code of the user's runs here.
 */
let engine: Promise<Engine> | undefined

function opened(): Promise<Engine> {
  if (!engine) throw new Error('the engine was not opened')
  return engine
}

type Op<K extends keyof EngineCalls> = (
  ask: Parameters<EngineCalls[K]>[0],
  context: CallContext,
) => Promise<ReturnType<EngineCalls[K]>>

const operations: { readonly [K in keyof EngineCalls]: Op<K> } = {
  compute: async ({ request, queries }, { signal, checked }) =>
    computeWithDigests(await opened(), request, queries, signal, checked),
  digest: async ({ files, columns }, { signal }) => ({
    digest: await (await opened()).contentDigest(files, columns, signal),
  }),
  difference: async (ask, { signal }) => (await opened()).difference(ask, signal),
  export: async ({ request }, { signal }) => (await opened()).export(request, signal),
  analyse: async ({ requests }) => {
    const host = await opened()
    // More at once than there are processors gain nothing.
    const limit = pLimit(availableParallelism())
    return { results: await limit.map(requests, (request) => host.analyse(request)) }
  },
  check: async (ask) => ({ results: await (await opened()).check(ask) }),
  countRows: async ({ inputs }, { signal }) => countRows(await opened(), inputs, signal),
  conditions: async ({ tables }) => ({ problems: await (await opened()).conditions(tables) }),
  queryDigests: async ({ queries }) => ({ queryDigests: await digestQueries(await opened(), queries) }),
}

serveCalls(operations, ({ engine: options }) => {
  if (!options) return
  engine = import('../engine/duckdb/open.ts').then(({ openDuckDb }) => openDuckDb(options))
  // Whoever calls gets the error; until then it must not end the process.
  engine.catch(() => undefined)
})
