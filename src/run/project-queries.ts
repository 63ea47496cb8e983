import path from 'node:path'
import { readFileSync } from 'node:fs'
import type { Place, Problem } from '../base/problem.ts'
import type { Analysis, AnalysisRequest, EngineProblem } from '../engine/analysis.ts'
import type { DeclaredFlow, DeclaredStep } from '../flow/declared.ts'
import { cacheFolder, findProject, type Project } from '../flow/project.ts'
import { codeContext } from './code-facts.ts'
import type { CodeContext } from '../notebook/code-version.ts'
import { openIndex } from '../notebook/open-index.ts'
import type { StatIndex } from '../notebook/stat-index.ts'
import { declareAll, type FoundStep } from './check-declare.ts'
import { renderSteps } from './check-render.ts'
import { scopeOf } from './check-scope.ts'
import { closeAll } from './close-all.ts'
import type { TracedQuery } from './protocol.ts'
import { placeProblems } from './query-origin.ts'
import { lazyPool } from './run.ts'
import type { CodeSpace } from './workspace.ts'

/** What a project declares, with the queries of its `select` steps. */
export interface ProjectQueries {
  readonly project: Project
  /** What keeps modules from being declared or rendered. */
  readonly problems: readonly Problem[]
  readonly flows: readonly DeclaredFlow[]
  readonly steps: readonly FoundStep[]
  readonly queriesOf: (step: DeclaredStep) => readonly TracedQuery[]
  /** Binds queries without data: many at once, a result for each. */
  readonly analyse: (requests: readonly AnalysisRequest[]) => Promise<readonly Analysis[]>
  /** Where indexes of a rendered query stand in the user's files; undefined where that is not known. */
  readonly placesIn: (
    step: DeclaredStep,
    query: TracedQuery,
    offsets: readonly number[],
  ) => Promise<readonly (Place | undefined)[]>
}

/**
 * Declares a whole project, renders its queries, and hands them on while the processes that bind them are there.
 *
 * @throws ProblemError when there is no project
 */
export async function withProjectQueries<T>(
  projectRoot: string | undefined,
  use: (queries: ProjectQueries) => Promise<T>,
): Promise<T> {
  const project = await findProject(projectRoot)
  let index: StatIndex | undefined
  const space: CodeSpace & { close(): Promise<void> } = {
    project,
    root: project.root,
    codeIndex: () => (index ??= openIndex(path.join(project.root, cacheFolder, 'code'))),
    close: () => Promise.resolve(index?.save()),
  }
  const pools = lazyPool(space, {})
  let context: CodeContext | undefined
  const look = () => (context ??= codeContext(space))
  const parts = { space, pools, look, limit: 30_000 }
  try {
    const { problems, flows, steps } = await declareAll(scopeOf(project, []), parts)
    const selects = steps.map(({ step }) => step).filter(({ kind }) => kind === 'select')
    const rendered = selects.length === 0 ? [] : await renderSteps(selects, parts)
    const queries = new Map(selects.map((step, at) => [step, rendered[at]?.queries ?? []]))
    return await use({
      project,
      problems: [...problems, ...rendered.flatMap((each) => each.problems)],
      flows,
      steps,
      queriesOf: (step) => queries.get(step) ?? [],
      analyse: async (requests) =>
        requests.length === 0 ? [] : (await pools.get().engine().call('analyse', { requests })).results,
      async placesIn({ file }, { handle, query, origin }, offsets) {
        const faults = offsets.map((offset): EngineProblem => ({
          code: 'query/bind',
          message: '',
          query: { handle, text: query.text, offset, origin },
        }))
        return (await placeProblems(faults, file, { root: project.root, look })).map(({ where }) => where)
      },
    })
  } finally {
    await closeAll(pools, space)
  }
}

/** The index in a text of a line and column, which count from 1. */
export function indexOfPlace(text: string, { line = 1, column = 1 }: Place): number {
  const lines = text.split('\n').slice(0, line - 1)
  return lines.reduce((sum, each) => sum + each.length + 1, 0) + column - 1
}

/** A text file without the mark that some editors put first; all places count without it. */
export function readText(file: string): string {
  return readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
}
