import path from 'node:path'
import { orderProblems, type Problem } from '../base/problem.ts'
import { engineVersion } from '../engine/version.ts'
import { cacheFolder, projectToCheck } from '../flow/project.ts'
import { checkOwners } from '../flow/owners.ts'
import { connectionProblems } from '../flow/connections.ts'
import { poolProblems } from '../flow/pools.ts'
import { sinkProblems } from '../flow/sink-connections.ts'
import type { CodeContext } from '../notebook/code-version.ts'
import { openIndex } from '../notebook/open-index.ts'
import type { StatIndex } from '../notebook/stat-index.ts'
import { CheckCache, type Found } from './check-cache.ts'
import { checkConditions } from './check-contracts.ts'
import { declareAll, type FoundStep } from './check-declare.ts'
import { dryRuns } from './check-dry.ts'
import { checkQueries } from './check-queries.ts'
import type { CheckedStep, CheckProjectOptions, CheckResult } from './check-result.ts'
import { checkPlugins, checkStorages } from './check-settings.ts'
import { scopeOf } from './check-scope.ts'
import { closeAll } from './close-all.ts'
import { codeContext } from './code-facts.ts'
import { lazyPool } from './run.ts'
import type { CodeSpace } from './workspace.ts'

/**
 * Looks at a whole project without any data: settings, storages, flows, notebooks, contracts and queries, which
 * are bound to the contracts of what they read and write. No `run` of a notebook is called (but with `dry`), and no
 * storage is opened. What is wrong in one file hides nothing that is wrong in another.
 *
 * @throws ProblemError when there is no project, or a target names nothing
 */
export async function checkProject(options: CheckProjectOptions = {}): Promise<CheckResult> {
  const begun = performance.now()
  const { project, problems: settings } = await projectToCheck(options.projectRoot)
  const targets = options.targets ?? []
  const scope = scopeOf(project, targets)
  const space = codeSpace(project)
  const pools = lazyPool(space, {})
  let context: CodeContext | undefined
  const look = () => (context ??= codeContext(space))
  // They start while the code is looked at.
  const onChange = () => pools.get().warm({ engines: [undefined], worker: true })
  const parts = { space, pools, look, onChange, limit: options.loadLimit ?? 30_000 }
  try {
    const lineage = options.lineage ?? false
    const cache = new CheckCache(project.root, engineVersion(), lineage)
    if (cache.isEmpty) onChange()
    const { problems, flows, steps: all } = await declareAll(scope, parts)
    const steps = all.filter(({ step }) => scope.has(step.file))
    const conditions = await checkConditions(steps, cache, parts)
    const looking = checkQueries(steps, cache, parts, lineage)
    // Whoever waits below is told.
    looking.catch(() => undefined)
    // Other processes work now: what was learned of files is written meanwhile.
    await new Promise((resolve) => setImmediate(resolve))
    space.save()
    const found = await looking
    cache.save(targets.length === 0)
    const dry = options.dry ? await dryRuns(steps, parts) : undefined
    const queries = [...new Set(found.values())]
    return {
      problems: tidy([
        ...settings,
        ...(await checkStorages(project)),
        ...(await checkPlugins(project, flows)),
        ...[
          ...problems,
          ...checkOwners(flows),
          ...poolProblems(flows, project.config),
          ...sinkProblems(flows, project.config),
          ...connectionProblems(flows, project.config),
        ].filter(({ where }) => scope.has(where?.file)),
        ...conditions,
        ...queries.flatMap((each) => each.problems),
        ...(dry?.problems ?? []),
      ]),
      steps: steps.map((step) => checkedStep(step, found.get(step.step))),
      flows: flows.length,
      queries: queries.reduce((sum, each) => sum + each.queries, 0),
      ...(dry && { dryRuns: dry.count }),
      ms: performance.now() - begun,
    }
  } finally {
    await closeAll(pools, space)
  }
}

/** A project's code; nothing of its storage is opened. */
function codeSpace(
  project: CodeSpace['project'],
): CodeSpace & { save: () => void; close: () => Promise<void> } {
  let index: StatIndex | undefined
  return {
    project,
    root: project.root,
    codeIndex: () => (index ??= openIndex(path.join(project.root, cacheFolder, 'code'))),
    save: () => index?.save(),
    close: () => Promise.resolve(index?.save()),
  }
}

function checkedStep({ flow, step }: FoundStep, found: Found | undefined): CheckedStep {
  return {
    ...(flow !== undefined && { flow }),
    name: step.name,
    file: step.file,
    kind: step.kind,
    declared: step,
    outputs: step.outputs.map(({ handle, table }) => {
      const lineage = found?.lineage?.[handle]
      return { handle, table: table.name, ...(lineage && { lineage }) }
    }),
  }
}

/**
 * Each once: a notebook in two flows has its mistakes once, and so has a piece of SQL in the queries of two outputs.
 */
function tidy(problems: readonly Problem[]): Problem[] {
  const once = new Map<string, Problem>()
  for (const problem of problems) {
    const { code, message, where } = problem
    // One module that throws is met on the way from several: the first that tells of it is itself.
    const said = where?.line === undefined ? message : code === 'notebook/load' ? '' : subjectless(message)
    const key = JSON.stringify([code, said, where])
    if (!once.has(key)) once.set(key, problem)
  }
  return orderProblems([...once.values()])
}

function subjectless(message: string): string {
  return message.replace(/^output table '.*?': /, '')
}
