import { readdirSync } from 'node:fs'
import path from 'node:path'
import { problemsOf, type Problem } from '../base/problem.ts'
import type { DeclaredFlow } from '../flow/declared.ts'
import type { Project } from '../flow/project.ts'
import { readStorageConfig } from '../storage/config.ts'
import { PluginHost } from './plugin-host.ts'

/** What is wrong with the form of the files under `storage/`, and with the storage that is the default. None is opened. */
export async function checkStorages({ root, config }: Project): Promise<Problem[]> {
  const names = new Set([config.storage, ...storageFiles(path.join(root, 'storage'))])
  const problems: Problem[] = []
  for (const name of names) problems.push(...(await problemsIn(() => readStorageConfig(root, name))))
  return problems
}

function storageFiles(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((file) => /^(.*)\.yaml$/.exec(file)?.[1] ?? [])
  } catch {
    // The folder need not be there.
    return []
  }
}

/** What is wrong with the plugins that the project and its flows name. They are loaded in a process of their own. */
export async function checkPlugins(
  { root, config }: Project,
  flows: readonly DeclaredFlow[],
): Promise<readonly Problem[]> {
  const files = flows.filter(({ plugins }) => plugins.length > 0).map(({ file }) => file)
  if (config.plugins.length + files.length === 0) return []
  return problemsIn(async () => (await PluginHost.start(root, config.plugins, files)).close())
}

async function problemsIn(work: () => Promise<unknown>): Promise<readonly Problem[]> {
  try {
    await work()
    return []
  } catch (error) {
    const problems = problemsOf(error)
    if (!problems) throw error
    return problems
  }
}
