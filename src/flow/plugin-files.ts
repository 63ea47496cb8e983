import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Problem } from '../base/problem.ts'

/** Where a plugin that `sluice.yaml` names stands. */
export function pluginFile(root: string, file: string): string {
  return path.resolve(root, file)
}

/** A Problem `plugin/invalid` for each plugin of `sluice.yaml` that is no file. */
export function absentPlugins(root: string, files: readonly string[]): Problem[] {
  return files
    .filter((file) => !existsSync(pluginFile(root, file)))
    .map((file) => ({
      code: 'plugin/invalid',
      message: `the plugin '${file}' is no file`,
      where: { file: 'sluice.yaml' },
      hint: 'a plugin is a module, with a path from the project: plugins: [plugins/mail.ts]',
    }))
}
