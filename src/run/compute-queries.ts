import { emptyRecord } from '../base/record.ts'
import { digestOf } from '../base/digest.ts'
import type { CheckResult, Engine, SessionRequest } from '../engine/engine.ts'
import type { EngineCalls, NamedQuery } from './protocol.ts'

/** Runs the queries of one step and stages its outputs. An aborted signal interrupts the engine. */
async function computeQueries(
  engine: Engine,
  request: SessionRequest,
  queries: readonly NamedQuery[],
  signal: AbortSignal,
  checked: (results: readonly CheckResult[]) => void,
): Promise<Pick<ReturnType<EngineCalls['compute']>, 'staged' | 'sources'>> {
  const session = await engine.session(request)
  const interrupt = () => session.interrupt()
  signal.addEventListener('abort', interrupt, { once: true })
  try {
    signal.throwIfAborted()
    for (const { handle, query, takesOut } of queries)
      await (takesOut ? session.takeOut(handle, query) : session.write(handle, query))
    return { staged: await session.finish(), sources: session.sources() }
  } finally {
    if (session.checks().length > 0) checked(session.checks())
    signal.removeEventListener('abort', interrupt)
    await session.close()
  }
}

/** The same, with the digests of the queries. */
export async function computeWithDigests(
  engine: Engine,
  request: SessionRequest,
  queries: readonly NamedQuery[],
  signal: AbortSignal,
  checked: (results: readonly CheckResult[]) => void,
): Promise<ReturnType<EngineCalls['compute']>> {
  const digests = digestQueries(engine, queries)
  // A query that does not parse has no digest; computing it tells more.
  digests.catch(() => undefined)
  const computed = await computeQueries(engine, request, queries, signal, checked)
  return { ...computed, queryDigests: await digests }
}

/**
 * For each output the digest of its query's syntax tree and parameters: comments, layout and letter case of
 * keywords do not change it.
 */
export async function digestQueries(
  engine: Engine,
  queries: readonly NamedQuery[],
): Promise<Record<string, string>> {
  const digests = emptyRecord<string>()
  for (const { handle, query, takesOut } of queries) {
    digests[takesOut ? `deletes.${handle}` : handle] = digestOf({
      tree: await engine.queryDigest(query.text),
      params: query.params,
    })
  }
  return digests
}
