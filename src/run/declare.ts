import { orderProblems, ProblemError, type Problem } from '../base/problem.ts'
import type { DeclaredFlow } from '../flow/declared.ts'
import { notebookFiles } from '../flow/notebook-files.ts'
import { listNotebooks } from '../flow/project.ts'
import { codeVersion, loadDigest, type CodeContext } from '../notebook/code-version.ts'
import {
  codeContext,
  codeProblems,
  edgeName,
  keptCode,
  lookAtSteps,
  statsIn,
  type CodeOf,
  type EdgeDigests,
  type StatOf,
} from './code-facts.ts'
import {
  cacheFile,
  changedNotebooks,
  form,
  holds,
  lookOf,
  origins,
  readCache,
  stillness,
  writeCache,
  type Cached,
} from './declared-cache.ts'
import type { Lender } from './pool.ts'
import type { DescribeAsk, Described } from './protocol.ts'
import type { CodeSpace } from './workspace.ts'

/** A flow as it is declared now, with the code of its notebooks. */
export interface Declaration {
  readonly flow: DeclaredFlow
  readonly edges: EdgeDigests
  /** It was found that its tables have no other owner, when it was as it is now. */
  readonly owned: boolean
  /** Keeps that this was found. */
  readonly keepOwned: () => unknown
  /** Its code can be loaded again, when it changes during a run. */
  readonly loadedAgain: boolean
  readonly codeOf: CodeOf
  readonly statOf: StatOf
}

/**
 * What a flow (or a notebook that stands alone) declares. From the cache when nothing that it was made from
 * changed: then no code of the user's is loaded and no process started. Throws a ProblemError with everything
 * that is wrong, found without running a notebook.
 *
 * @param file relative to the project
 * @param overrides args from the command line, as text
 * @param look gives the look at the code; flows that one process loads share one, because what it has loaded
 *   stays loaded
 * @param onChange told as soon as files are known to have changed: processes that will be needed can start
 */
export async function declareFlow(
  workspace: CodeSpace,
  file: string,
  overrides: { readonly [name: string]: string },
  pool: () => Lender,
  look: () => CodeContext = () => codeContext(workspace),
  onChange: () => void = () => undefined,
): Promise<Declaration> {
  const cache = cacheFile(workspace, file, overrides)
  const known = readCache(cache)
  const declared = (cached: Cached, codeOf: CodeOf, statOf: StatOf): Declaration => ({
    flow: cached.flow,
    edges: cached.edges,
    owned: cached.owned ?? false,
    keepOwned: () => writeCache(cache, { ...cached, owned: true }),
    loadedAgain: true,
    codeOf,
    statOf,
  })
  const still = known ? stillness(known, workspace.root) : 'changed'
  if (known?.look && still === 'at rest') {
    const stats = new Map(known.look.stats)
    return declared(known, keptCode(workspace, known.look.codes), (path) => stats.get(path))
  }
  if (still === 'changed') onChange()
  const context = look()
  const changed = known && (await changedNotebooks(known, workspace.root, context))
  if (known && changed && (await holds(known, workspace.root, context, changed))) {
    const kept = keptCode(workspace, known.look?.codes ?? {})
    const looked = lookAtSteps(workspace, known.edges, context)
    const codeOf: CodeOf = (step) => (changed.has(step.file) ? looked(step) : kept(step))
    const cached = { ...known, look: await lookOf(workspace, known.flow, codeOf, context) }
    writeCache(cache, cached)
    return declared(cached, codeOf, statsIn(context))
  }
  const { flow, edges, described } = await load(workspace, file, overrides, pool, context)
  const codeOf = lookAtSteps(workspace, edges, context)
  const kept = await origins(described, context)
  if (!kept) {
    const statOf = statsIn(context)
    return { flow, edges, owned: false, keepOwned: () => undefined, loadedAgain: true, codeOf, statOf }
  }
  const cached = { form, flow, edges, ...kept, look: await lookOf(workspace, flow, codeOf, context) }
  writeCache(cache, cached)
  return declared(cached, codeOf, statsIn(context))
}

async function load(
  workspace: CodeSpace,
  file: string,
  overrides: { readonly [name: string]: string },
  pool: () => Lender,
  context: CodeContext,
): Promise<{ flow: DeclaredFlow; edges: EdgeDigests; described: Described }> {
  // Looked at before it is loaded: then an edit in between shows as a change, whatever was loaded.
  const isYaml = /\.ya?ml$/.test(file)
  const printed: string[] = []
  const describe = (how: Pick<DescribeAsk, 'early' | 'anew'>) => {
    const ask = { projectRoot: workspace.root, file, overrides, ...how }
    const told = { printed: (_: string, text: string) => printed.push(text) }
    return pool().withWorker((worker) => worker.call('describe', ask, told))
  }
  // A worker loads it meanwhile, and says what it has read.
  const early = isYaml ? undefined : describe({ early: true })
  early?.catch(() => undefined)
  for (const each of isYaml ? filesThatYamlNames(workspace) : [file]) {
    const { problems } = await loadDigest(each, context)
    // Mistakes that can be seen without loading are told all at once; loading would stop at the first.
    if (!isYaml && problems.length > 0) throw new ProblemError(problems)
  }
  const first = await early
  const good = first?.read !== undefined && (await isAsLookedAt(first.read, file, context))
  const described = good ? first : await describe({ anew: first?.read !== undefined })
  if (!described.flow) throw new ProblemError(described.problems)
  const { flow } = described
  const problems: Problem[] = [...described.problems, ...(await codeProblems(context, notebookFiles(flow)))]
  if (problems.length > 0) throw new ProblemError(orderProblems(problems))
  return { flow, edges: await edgeDigests(workspace, flow, pool, context), described }
}

/** Whether a worker has loaded what was looked at. */
async function isAsLookedAt(
  read: NonNullable<Described['read']>,
  file: string,
  { graph }: CodeContext,
): Promise<boolean> {
  const entry = await graph.load(file)
  return !!entry && [...graph.behind(entry)].every(({ path, hash }) => (read[path] ?? hash) === hash)
}

/** What a flow in YAML can name; which of it, is known when it is loaded. */
function filesThatYamlNames({ root, project }: CodeSpace): string[] {
  const flows = project.flows.map(({ file }) => file).filter((file) => file.endsWith('ts'))
  return [...listNotebooks(root), ...flows]
}

/** Digests of the contracts that the code of a flow's notebooks refers to; a worker loads them. */
export async function edgeDigests(
  workspace: CodeSpace,
  flow: DeclaredFlow,
  pool: () => Lender,
  context: CodeContext,
): Promise<EdgeDigests> {
  const used = new Map<string, { file: string; export: string }>()
  for (const file of notebookFiles(flow)) {
    for (const ref of (await codeVersion(file, context)).used)
      used.set(edgeName(ref), { file: ref.file, export: ref.export })
  }
  if (used.size === 0) return {}
  const ask = { projectRoot: workspace.root, edges: [...used.values()] }
  return (await pool().withWorker((worker) => worker.call('contracts', ask))).digests
}
