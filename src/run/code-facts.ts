import { ProblemError, orderProblems, type Problem } from '../base/problem.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import type { CodeFact } from '../freshness/findings.ts'
import { codeVersion, lookAtCode, type CodeContext, type CodeVersion } from '../notebook/code-version.ts'
import type { Workspace } from './workspace.ts'

/** Digests of contracts by `file#export`; see `worker-contracts.ts`. */
export type EdgeDigests = { readonly [edge: string]: string }

/** One look at the code of steps: what it finds does not change until `lookAgain`. */
export interface CodeLook {
  readonly context: CodeContext
  readonly codeOf: (step: Pick<DeclaredStep, 'file'>) => Promise<CodeFact>
}

export function lookAtSteps(workspace: Workspace, edges: EdgeDigests): CodeLook {
  const context = lookAtCode(workspace.root, workspace.index)
  const known = new Map<string, Promise<CodeFact>>()
  const codeOf = ({ file }: Pick<DeclaredStep, 'file'>) => {
    let fact = known.get(file)
    if (!fact) known.set(file, (fact = codeVersion(file, context).then((code) => factOf(code, edges))))
    return fact
  }
  return { context, codeOf }
}

/** What is wrong with the code of notebooks, all at once, without running any of it. */
export async function codeProblems(context: CodeContext, files: Iterable<string>): Promise<Problem[]> {
  const found = new Map<string, Problem>()
  for (const file of new Set(files)) {
    for (const problem of (await codeVersion(file, context)).problems) found.set(JSON.stringify(problem), problem)
  }
  return orderProblems([...found.values()])
}

function factOf(code: CodeVersion, edges: EdgeDigests): CodeFact {
  if (code.problems.length > 0) throw new ProblemError(code.problems)
  const used = code.used.map((ref) => [edgeName(ref), edges[edgeName(ref)] ?? ref.digest] as const)
  return {
    version: code.version,
    untracked: code.untracked.map(({ what, file, line, column }) => ({ what, where: { file, line, column } })),
    edges: Object.fromEntries(used),
    // Worked out only where a commit needs it: a run with nothing to do does not.
    get symbols() {
      return code.symbols
    },
    packages: code.packages,
  }
}

export function edgeName(ref: { readonly file: string; readonly export: string }): string {
  return `${ref.file}#${ref.export}`
}
