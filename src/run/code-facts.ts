import { ProblemError, orderProblems, type Problem } from '../base/problem.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import type { CodeFact } from '../freshness/findings.ts'
import { codeVersion, lookAtCode, type CodeContext, type CodeVersion } from '../notebook/code-version.ts'
import type { CodeSpace } from './workspace.ts'

/** Digests of contracts by `file#export`; see `worker-describe.ts`. */
export type EdgeDigests = { readonly [edge: string]: string }

/** Tells the code of a step. */
export type CodeOf = (step: Pick<DeclaredStep, 'file'>) => Promise<CodeFact>

/** The part of what is known of a notebook's code that is kept from run to run. */
export type KeptCode = Pick<CodeFact, 'version' | 'untracked' | 'edges'>

/** One look at the code of steps: what it finds does not change. Make a new one to look again. */
export function lookAtSteps(
  workspace: CodeSpace,
  edges: EdgeDigests,
  context = codeContext(workspace),
): CodeOf {
  const known = new Map<string, Promise<CodeFact>>()
  return ({ file }) => {
    let fact = known.get(file)
    if (!fact) known.set(file, (fact = codeVersion(file, context).then((code) => factOf(code, edges))))
    return fact
  }
}

/** The code of steps as it was kept: right for as long as no stat of its files changes. */
export function keptCode(workspace: CodeSpace, codes: { readonly [file: string]: KeptCode }): CodeOf {
  let look: CodeOf | undefined
  const detailed = async (file: string) => {
    look ??= lookAtSteps(workspace, {})
    return (await look({ file })).detail()
  }
  return ({ file }) => {
    const code = codes[file]
    if (!code) return Promise.reject(new Error(`the code of ${file} was not kept`))
    return Promise.resolve({ ...code, detail: () => detailed(file) })
  }
}

/** The stat of a file of code when it was looked at; undefined for a file that was not. */
export type StatOf = (path: string) => string | null | undefined

/** The stats in a look at code. */
export function statsIn({ graph }: CodeContext): StatOf {
  return (path) => graph.module(path)?.stat
}

/**
 * Whether all files behind a module have the stats that they had: then whatever was loaded from them since is
 * what was looked at, also when they were changed and put back.
 */
export async function isAsSeen(workspace: CodeSpace, file: string, statOf: StatOf): Promise<boolean> {
  const { graph } = codeContext(workspace)
  const entry = await graph.load(file)
  return entry !== undefined && [...graph.behind(entry)].every(({ path, stat }) => statOf(path) === stat)
}

/** A new look at the code of a project. */
export function codeContext(workspace: CodeSpace): CodeContext {
  return lookAtCode(workspace.root, workspace.codeIndex())
}

/** What is wrong with the code of notebooks, all at once, without running any of it. */
export async function codeProblems(context: CodeContext, files: Iterable<string>): Promise<Problem[]> {
  const found = new Map<string, Problem>()
  for (const file of new Set(files)) {
    for (const problem of (await codeVersion(file, context)).problems)
      found.set(JSON.stringify(problem), problem)
  }
  return orderProblems([...found.values()])
}

function factOf(code: CodeVersion, edges: EdgeDigests): CodeFact {
  if (code.problems.length > 0) throw new ProblemError(code.problems)
  const used = code.used.map((ref) => [edgeName(ref), edges[edgeName(ref)] ?? ref.digest] as const)
  return {
    version: code.version,
    untracked: code.untracked.map(({ what, file, line, column }) => ({
      what,
      where: { file, line, column },
    })),
    edges: Object.fromEntries(used),
    detail: () => Promise.resolve({ symbols: code.symbols, packages: code.packages }),
  }
}

export function edgeName(ref: { readonly file: string; readonly export: string }): string {
  return `${ref.file}#${ref.export}`
}
