import { userInfo } from 'node:os'
import { segmentFault } from '../base/names.ts'
import { ProblemError } from '../base/problem.ts'
import { currentBranch } from './branch.ts'
import type { ProjectConfig } from './project-config.ts'
import type { Project } from './project.ts'

const where = { file: 'sluice.yaml' } as const

/**
 * The environment of a command: what `--env` says, else `SLUICE_ENV`, else the first rule of `branches` that the
 * git branch fits, else `env`. Nobody writes to a protected environment by a default: its name must be said.
 *
 * @param reads the command only looks, so that any default will do
 * @throws ProblemError `project/name-invalid`, `env/protected`
 */
export function environmentOf(
  { root, config }: Pick<Project, 'root' | 'config'>,
  asked: string | undefined,
  { reads = false }: { readonly reads?: boolean } = {},
): string {
  const said = asked ?? process.env['SLUICE_ENV']
  if (said !== undefined) return checkedName(said)
  const rule = ruleFor(root, config)
  const env = checkedName(rule?.env ?? config.env, rule)
  if (!reads && isProtected(config, env)) {
    const why = rule ? `by branch '${rule.branch}'` : 'as the default'
    throw new ProblemError({
      code: 'env/protected',
      message: `the environment '${env}' is protected and cannot be chosen ${why}`,
      where,
      hint: `say \`--env ${env}\` when you mean it, or let sluice.yaml lead to another environment`,
    })
  }
  return env
}

/** Whether an environment takes no args that somebody typed, and is never a default. */
export function isProtected(config: ProjectConfig, env: string): boolean {
  return config.protected.includes(env) || config.promoteOnly.includes(env)
}

/** The environment that one begins from, by `environments` of `sluice.yaml`; its own name comes before patterns. */
export function beginsFrom({ environments }: ProjectConfig, env: string): string | undefined {
  const own = Object.hasOwn(environments, env) ? environments[env] : undefined
  const from = (own ?? Object.entries(environments).find(([pattern]) => fits(pattern, env))?.[1])?.from
  return from === env ? undefined : from
}

interface Rule {
  readonly branch: string
  readonly env: string
}

/** The rule for the branch that is checked out, with the environment that it leads to. */
function ruleFor(root: string, { branches }: ProjectConfig): Rule | undefined {
  if (branches.length === 0) return undefined
  const branch = currentBranch(root)
  const rule = branch === undefined ? undefined : branches.find((each) => fits(each.branch, branch))
  if (rule === undefined || branch === undefined) return undefined
  return { branch, env: filled(rule.env, branch) }
}

/** `dev_{branch}` and `{user}` with the names in them, as far as names of environments can hold them. */
function filled(template: string, branch: string): string {
  return template
    .replaceAll('{branch}', () => slug(branch))
    .replaceAll('{user}', () => slug(process.env['USER'] ?? process.env['USERNAME'] ?? userInfo().username))
}

/** Small letters, digits, `_` and `-`: file systems that know no case must not join two environments. */
function slug(text: string): string {
  const good = text.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, '-')
  return good.replace(/^-+|-+$/g, '').slice(0, 60)
}

/** Whether a name fits a pattern, where `*` stands for any letters. */
function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name)
}

function checkedName(env: string, rule?: Rule): string {
  const fault = segmentFault(env)
  if (fault === undefined) return env
  const from = rule ? `, which sluice.yaml makes of branch '${rule.branch}',` : ''
  throw new ProblemError({
    code: 'project/name-invalid',
    message: `the environment name '${env}'${from} ${fault}`,
    ...(rule && { where, hint: 'begin the template with a letter, such as dev_{branch}' }),
  })
}
