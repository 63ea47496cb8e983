import { orderProblems, ProblemError, type Problem } from '../base/problem.ts'
import { writeJsonFile } from '../base/json-file.ts'
import type { DeclaredFlow } from '../flow/declared.ts'
import { codeVersion, loadDigest, type CodeContext } from '../notebook/code-version.ts'
import {
  codeContext,
  codeProblems,
  edgeName,
  keptCode,
  lookAtSteps,
  type CodeOf,
  type EdgeDigests,
} from './code-facts.ts'
import { atRest, cacheFile, form, holds, lookOf, origins, readCache, type Cached } from './declared-cache.ts'
import type { Pool } from './pool.ts'
import type { Described } from './protocol.ts'
import type { Workspace } from './workspace.ts'

/** A flow as it is declared now, with the code of its notebooks. */
export interface Declaration {
  readonly flow: DeclaredFlow
  readonly edges: EdgeDigests
  /** Nothing was loaded for it. */
  readonly cached: boolean
  /** Its code can be loaded again, when it changes during a run. */
  readonly loadedAgain: boolean
  readonly codeOf: CodeOf
}

/**
 * What a flow (or a notebook that stands alone) declares. From the cache when nothing that it was made from
 * changed: then no code of the user's is loaded and no process started. Throws a ProblemError with everything
 * that is wrong, found without running a notebook.
 *
 * @param file relative to the project
 * @param overrides args from the command line, as text
 */
export async function declareFlow(
  workspace: Workspace,
  file: string,
  overrides: { readonly [name: string]: string },
  pool: () => Pool,
): Promise<Declaration> {
  const cache = cacheFile(workspace, file, overrides)
  const known = readCache(cache)
  if (known && atRest(known, workspace.root)) {
    return { ...known, cached: true, loadedAgain: true, codeOf: keptCode(workspace, known.look?.codes ?? {}) }
  }
  const context = codeContext(workspace)
  if (known && (await holds(known, workspace.root, context))) {
    const codeOf = lookAtSteps(workspace, known.edges, context)
    writeJsonFile(cache, { ...known, look: await lookOf(workspace, known.flow, codeOf) })
    return { ...known, cached: true, loadedAgain: true, codeOf }
  }
  const loaded = await load(workspace, file, overrides, pool, context)
  const codeOf = lookAtSteps(workspace, loaded.edges, context)
  const kept = await origins(loaded.described, workspace.root, context)
  if (kept) {
    const look = await lookOf(workspace, loaded.flow, codeOf)
    writeJsonFile(cache, { form, flow: loaded.flow, edges: loaded.edges, ...kept, look } satisfies Cached)
  }
  return { flow: loaded.flow, edges: loaded.edges, cached: false, loadedAgain: true, codeOf }
}

async function load(
  workspace: Workspace,
  file: string,
  overrides: { readonly [name: string]: string },
  pool: () => Pool,
  context: CodeContext,
): Promise<{ flow: DeclaredFlow; edges: EdgeDigests; described: Described }> {
  // Mistakes that can be seen without loading are told all at once; loading would stop at the first.
  const before = /\.ya?ml$/.test(file) ? [] : (await loadDigest(file, context)).problems
  if (before.length > 0) throw new ProblemError(before)
  const printed: string[] = []
  const described = await pool().withWorker((worker) =>
    worker.call(
      'describe',
      { projectRoot: workspace.root, file, overrides },
      { printed: (_, text) => printed.push(text) },
    ),
  )
  if (!described.flow) throw new ProblemError(described.problems)
  const { flow } = described
  const problems: Problem[] = [
    ...described.problems,
    ...(await codeProblems(
      context,
      flow.steps.map((step) => step.file),
    )),
  ]
  if (problems.length > 0) throw new ProblemError(orderProblems(problems))
  return { flow, edges: await edgeDigests(workspace, flow, pool, context), described }
}

/** Digests of the contracts that the code of a flow's notebooks refers to; a worker loads them. */
export async function edgeDigests(
  workspace: Workspace,
  flow: DeclaredFlow,
  pool: () => Pool,
  context: CodeContext,
): Promise<EdgeDigests> {
  const used = new Map<string, { file: string; export: string }>()
  for (const { file } of flow.steps) {
    for (const ref of (await codeVersion(file, context)).used)
      used.set(edgeName(ref), { file: ref.file, export: ref.export })
  }
  if (used.size === 0) return {}
  const ask = { projectRoot: workspace.root, edges: [...used.values()] }
  return (await pool().withWorker((worker) => worker.call('contracts', ask))).digests
}
