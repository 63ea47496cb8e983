import { ProblemError, type Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { notebookName, notebooksCalled } from '../flow/place.ts'
import { listNotebooks, type FlowFile, type Project } from '../flow/project.ts'
import type { CodeContext } from '../notebook/code-version.ts'

/** What of a project is checked. */
export interface CheckScope {
  readonly flows: readonly FlowFile[]
  /** The modules that are looked at alone when no flow has them. */
  readonly alone: (look: () => CodeContext, allLoaded: boolean) => Promise<readonly string[]>
  /** Whether a file is meant: of a notebook that is named, only it. */
  readonly has: (file: string | undefined) => boolean
}

/** Finds what the targets name: flows and notebooks. Throws a ProblemError for names that are none. */
export function scopeOf(project: Project, targets: readonly string[]): CheckScope {
  const all = listNotebooks(project.root)
  if (targets.length === 0)
    return { flows: project.flows, alone: () => Promise.resolve(all), has: () => true }
  const flows = new Set<FlowFile>()
  const notebooks = new Set<string>()
  const problems: Problem[] = []
  for (const target of targets) {
    const wanted = target.replace(/^\.\//, '')
    const named = project.flows.filter(({ name, file }) => name === wanted || file === wanted)
    const called = named.length > 0 ? [] : notebooksCalled(wanted, all)
    for (const flow of named) flows.add(flow)
    for (const file of called) notebooks.add(file)
    if (named.length + called.length === 0) problems.push(unknown(target, wanted, project, all))
  }
  if (problems.length > 0) throw new ProblemError(problems)
  const onlyNotebooks = flows.size === 0
  return {
    // Which steps a notebook has, its flows say.
    flows: notebooks.size > 0 ? project.flows : [...flows],
    alone: async (look, allLoaded) =>
      allLoaded ? [...notebooks] : [...notebooks, ...(await behind([...flows], look))],
    has: (file) => !onlyNotebooks || (file !== undefined && notebooks.has(file)),
  }
}

function unknown(target: string, wanted: string, { flows }: Project, notebooks: readonly string[]): Problem {
  const hint = didYouMean(wanted, [...flows.map(({ name }) => name), ...notebooks.map(notebookName)])
  const message = `there is no flow or notebook '${target}'`
  return { code: 'project/unknown', message, ...(hint && { hint }) }
}

/** The notebooks behind flows that could not be loaded. */
async function behind(flows: readonly FlowFile[], look: () => CodeContext): Promise<string[]> {
  const { graph } = look()
  const files = new Set<string>()
  for (const { file } of flows) {
    const entry = await graph.load(file)
    for (const { info, file: found } of entry ? graph.behind(entry) : [])
      if (info.isNotebook || info.fault) files.add(found)
  }
  return [...files]
}
