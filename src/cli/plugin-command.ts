import path from 'node:path'
import { ProblemError, problemsOf } from '../base/problem.ts'
import type { Plugin } from '../flow/plugin.ts'

/**
 * Runs the command of a plugin that `sluice.yaml` names, when Sluice has no such command. Throws `unknown` when
 * no plugin has it either, and a ProblemError when plugins are not valid.
 *
 * @param words the command line; the first is the command
 */
export async function runPluginCommand(
  words: readonly string[],
  unknown: Error,
  reserved: readonly string[],
): Promise<void> {
  const [name = '', ...args] = words
  const project = await projectOrNone()
  if (project === undefined || project.config.plugins.length === 0) throw unknown
  const plugins = await loadPlugins(project.root, project.config.plugins, [...reserved, 'help'])
  const owner = plugins.find(({ commands }) => commands !== undefined && Object.hasOwn(commands, name))
  const command = owner?.commands?.[name]
  if (owner === undefined || command === undefined) throw unknown
  if (args.includes('--help')) {
    process.stdout.write(`sluice ${name}: ${command.description} (plugin ${owner.name})\n`)
    return
  }
  await command.run({ args, projectRoot: project.root })
}

/** The project here; undefined outside of one, where the command is simply not known. */
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
  const { loadModule } = await import('../notebook/load.ts')
  const { isPlugin, pluginsIn, validatePlugins } = await import('../flow/plugins.ts')
  const modules = await Promise.all(files.map((file) => loadModule(path.resolve(root, file), root)))
  const found = modules.flatMap((module, at) => pluginsIn(module, files[at] ?? ''))
  const problems = validatePlugins(found, reserved)
  if (problems.length > 0) throw new ProblemError(problems)
  return found.filter(isPlugin).map(({ plugin }) => plugin)
}
