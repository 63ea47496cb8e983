import { ProblemError, type Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { connectionProblems } from './connections.ts'
import type { DeclaredFlow, DeclaredStep } from './declared.ts'
import type { ProjectConfig } from './project-config.ts'
import { sinkProblems } from './sink-connections.ts'

/** The pools that a step names. */
export function poolsOf({ limits }: Pick<DeclaredStep, 'limits'>): readonly string[] {
  const { pool = [] } = limits
  return [...new Set(typeof pool === 'string' ? [pool] : pool)]
}

/** Pools that steps name and `sluice.yaml` does not. */
export function poolProblems(flows: readonly DeclaredFlow[], { pools }: ProjectConfig): Problem[] {
  const known = Object.keys(pools)
  return flows
    .flatMap(({ steps }) => steps)
    .flatMap((step) =>
      poolsOf(step)
        .filter((pool) => !known.includes(pool))
        .map((pool) => ({
          code: 'flow/pool-unknown' as const,
          message: `step '${step.name}': there is no pool '${pool}' in sluice.yaml`,
          where: step.where ?? { file: step.file },
          hint: didYouMean(pool, known) ?? `say how many of its steps run together: pools: { ${pool}: 2 }`,
        })),
    )
}

/** Throws a ProblemError for pools and connections that `sluice.yaml` does not name. */
export function checkSettings(flows: readonly DeclaredFlow[], config: ProjectConfig): void {
  const problems = [
    ...poolProblems(flows, config),
    ...connectionProblems(flows, config),
    ...sinkProblems(flows, config),
  ]
  if (problems.length > 0) throw new ProblemError(problems)
}
