import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { timed, type Ended } from './processes.ts'
import { writeFiles } from './scratch.ts'

/**
 * Writes a Dataform project of as many actions as there are queries and installs Dataform in it, which is no
 * dependency of ours. Gives what compiles it; undefined where it cannot be had.
 */
export function dataformProject(folder: string, queries: readonly string[]): (() => Ended) | undefined {
  const settings = ['defaultProject: bench', 'defaultLocation: US', 'defaultDataset: stage', '']
  const actions = queries.map((query, n) => [
    `definitions/t${n}.sqlx`,
    `config { type: "table" }\n${query}\n`,
  ])
  writeFiles(folder, {
    'package.json': '{ "private": true }\n',
    'workflow_settings.yaml': settings.join('\n'),
    ...(Object.fromEntries(actions) as Record<string, string>),
  })
  const install = [
    'install',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '@dataform/cli',
    '@dataform/core',
  ]
  const { status } = spawnSync('npm', install, { cwd: folder, stdio: 'ignore', timeout: 300_000 })
  if (status !== 0) return undefined
  // It gives up after 30 s unless it is told otherwise.
  const words = ['compile', '.', '--timeout=600s']
  return () =>
    timed(process.execPath, [join(folder, 'node_modules/.bin/dataform'), ...words], { cwd: folder })
}
