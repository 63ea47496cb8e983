import { ProblemError } from '../base/problem.ts'
import { isProtected } from '../flow/environment-name.ts'
import type { Declaration } from './declare.ts'
import type { Workspace } from './workspace.ts'

/** A protected environment is moved back or let go by those only who say that they mean it. */
export function checkAllowed(
  { project, envName }: Pick<Workspace, 'project' | 'envName'>,
  what: string,
  allowed = false,
): void {
  if (allowed || !isProtected(project.config, envName)) return
  throw new ProblemError({
    code: 'env/protected',
    message: `the environment '${envName}' is protected: ${what} changes what its readers see`,
    hint: 'add --allow-protected if that is what you want',
  })
}

/** An environment of `promoteOnly` takes no run at all. */
export function checkTakesRuns({ envName, project }: Workspace): void {
  if (!project.config.promoteOnly.includes(envName)) return
  throw new ProblemError({
    code: 'env/protected',
    message: `the environment '${envName}' takes no runs, only promotes (\`promoteOnly\` in sluice.yaml)`,
    hint: `run in another environment, then \`sluice promote <env> --to ${envName}\``,
  })
}

/** A protected environment takes what the flows say, and no args that somebody typed. */
export function checkProtected(workspace: Workspace, flows: readonly Declaration[]): void {
  const { envName, project } = workspace
  if (!isProtected(project.config, envName)) return
  const overridden = flows.flatMap(({ flow }) => flow.steps.flatMap(({ overrides }) => overrides))
  if (overridden.length === 0) return
  throw new ProblemError({
    code: 'env/protected',
    message: `the environment '${envName}' is protected: it takes no --arg (${[...new Set(overridden)].join(', ')})`,
    hint: 'write the args in the flow, or run in another environment',
  })
}
