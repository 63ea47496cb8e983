import type { Problem } from '../base/problem.ts'
import { problemsOf } from '../base/problem.ts'
import type { LooseFlow } from '../flow/flow.ts'
import { absentPlugins, pluginFile } from '../flow/plugin-files.ts'
import type { Plugin } from '../flow/plugin.ts'
import { isPlugin, pluginsIn, validatePlugins, type FoundPlugin } from '../flow/plugins.ts'
import { reservedCommands } from '../flow/reserved-commands.ts'
import { loadByTsx } from '../notebook/load.ts'
import type { WorkerCalls } from './protocol.ts'

let plugins: readonly Plugin[] = []

/** Loads the plugins of a project and of flows, in a process of their own: they cannot touch the run. */
export async function loadPlugins(
  ask: Parameters<WorkerCalls['plugins']>[0],
): Promise<ReturnType<WorkerCalls['plugins']>> {
  const found: FoundPlugin[] = []
  const problems: Problem[] = absentPlugins(ask.projectRoot, ask.modules)
  if (problems.length > 0) return { names: [], problems }
  const load = async (
    file: string,
    take: (module: Readonly<Record<string, unknown>>) => readonly FoundPlugin[],
  ) => {
    try {
      found.push(...take(await loadByTsx(pluginFile(ask.projectRoot, file), ask.projectRoot)))
    } catch (error) {
      const known = problemsOf(error)
      if (!known) throw error
      problems.push(...known)
    }
  }
  for (const file of ask.modules) await load(file, (module) => pluginsIn(module, file))
  for (const file of ask.flowFiles) await load(file, (module) => flowPlugins(module['default'], file))
  problems.push(...validatePlugins(found, reservedCommands))
  plugins = [...new Set(found.filter(isPlugin).map(({ plugin }) => plugin))]
  return { names: plugins.map(({ name }) => name), problems }
}

function flowPlugins(flow: unknown, file: string): FoundPlugin[] {
  const list = (flow as Partial<LooseFlow> | undefined)?.options?.plugins ?? []
  return list.map((plugin) => ({ plugin, file }))
}

/** Hands an event to every plugin. What one throws is told and stops nobody. */
export async function observe({ event }: { event: object }): Promise<ReturnType<WorkerCalls['observe']>> {
  const failed: { plugin: string; message: string }[] = []
  for (const plugin of plugins) {
    try {
      await plugin.onEvent?.(event)
    } catch (error) {
      failed.push({ plugin: plugin.name, message: error instanceof Error ? error.message : String(error) })
    }
  }
  return { failed }
}
