import { ProblemError, problemsOf } from '../base/problem.ts'
import type { Problem } from '../base/problem.ts'
import { placeInStack } from '../base/site.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Plugin } from '../flow/plugin.ts'
import { relativeTo } from '../notebook/load.ts'
import type { Cli } from './cli.ts'
import { tellProblems } from './failure.ts'

/**
 * Runs the command of a plugin that `sluice.yaml` names. False where there is no project or no plugin, so that
 * the command is simply not known. Throws a ProblemError when plugins are not valid, or none has the command.
 *
 * @param words the command line; the first is the command
 * @param reserved the names of Sluice's own commands
 */
export async function runPluginCommand(
  words: readonly string[],
  reserved: readonly string[],
  cli: Cli,
): Promise<boolean> {
  const [name = '', ...args] = words
  const project = await projectOrNone()
  if (project === undefined || project.config.plugins.length === 0) return false
  const plugins = await loadPlugins(project.root, project.config.plugins, reserved)
  const owner = plugins.find(({ commands }) => commands !== undefined && Object.hasOwn(commands, name))
  const command = owner?.commands?.[name]
  if (owner === undefined || command === undefined) throw unknownCommand(name, plugins, reserved)
  if (args.includes('--help')) {
    cli.out.write(`sluice ${name}: ${command.description} (plugin ${owner.name})\n`)
    return true
  }
  try {
    await command.run({ args, projectRoot: project.root })
  } catch (error) {
    tellProblems(problemsOf(error) ?? [threwProblem(error, name, owner.name, project.root)], cli, false)
    cli.exit(1)
  }
  return true
}

/** The project here; undefined outside of one. */
async function projectOrNone() {
  const { findProject } = await import('../flow/project.ts')
  try {
    return await findProject()
  } catch (error) {
    if (problemsOf(error)?.some(({ code }) => code === 'project/not-found') === true) return undefined
    throw error
  }
}

async function loadPlugins(
  root: string,
  files: readonly string[],
  reserved: readonly string[],
): Promise<Plugin[]> {
  const { loadByTsx } = await import('../notebook/load.ts')
  const { isPlugin, pluginsIn, validatePlugins } = await import('../flow/plugins.ts')
  const { absentPlugins, pluginFile } = await import('../flow/plugin-files.ts')
  const absent = absentPlugins(root, files)
  if (absent.length > 0) throw new ProblemError(absent)
  const modules = await Promise.all(files.map((file) => loadByTsx(pluginFile(root, file), root)))
  const found = modules.flatMap((module, at) => pluginsIn(module, files[at] ?? ''))
  const problems = validatePlugins(found, reserved)
  if (problems.length > 0) throw new ProblemError(problems)
  return found.filter(isPlugin).map(({ plugin }) => plugin)
}

function unknownCommand(name: string, plugins: readonly Plugin[], reserved: readonly string[]): ProblemError {
  const known = [...reserved, ...plugins.flatMap(({ commands }) => Object.keys(commands ?? {}))]
  return new ProblemError({
    code: 'project/usage',
    message: `unknown command '${name}'`,
    hint: didYouMean(name, known) ?? '`sluice --help` lists the commands',
  })
}

function threwProblem(error: unknown, command: string, plugin: string, root: string): Problem {
  const cause = error instanceof Error ? error : new Error(String(error))
  const place = placeInStack(cause.stack)
  return {
    code: 'plugin/threw',
    message: `the command '${command}' of plugin '${plugin}' threw: ${cause.message}`,
    ...(place && { where: { ...place, file: relativeTo(root, place.file) } }),
  }
}
