import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { timed } from './processes.ts'
import { checkout, writeFiles } from './scratch.ts'
import { notebookFile, sharedClosure, sharedFile, type Layered } from './layered-project.ts'

const bin = join(checkout, 'node_modules/wireit/bin/wireit.js')

/**
 * Puts the graph of a project's notebooks beside them as wireit scripts: each with the files of its code as
 * `files`, the table it writes as `output`, and the notebooks whose tables it reads as `dependencies`. The
 * commands write a line: what a script computes does not count in a run with nothing to do.
 */
export function addWireit(folder: string, layered: Layered): void {
  const names = Array.from({ length: layered.notebooks }, (_, n) => n)
  const scripts = Object.fromEntries([...names.map((n) => [`nb${n}`, 'wireit']), ['all', 'wireit']])
  const wireit = Object.fromEntries(
    names.map((n) => {
      const parents = layered.parents(n)
      const shared = sharedClosure(n, layered.shared).map(sharedFile)
      const files = [notebookFile(n), ...shared, ...(parents.length === 0 ? ['data/seed.csv'] : [])]
      return [
        `nb${n}`,
        {
          command: `echo ${n} > out/t${n}.txt`,
          files,
          output: [`out/t${n}.txt`],
          dependencies: parents.map((at) => `nb${at}`),
          // The lock files of the folders above are no part of this project.
          packageLocks: [],
        },
      ] as const
    }),
  )
  const all = { dependencies: names.map((n) => `nb${n}`) }
  const manifest = {
    name: 'bench',
    version: '1.0.0',
    private: true,
    type: 'module',
    scripts,
    wireit: { ...wireit, all },
  }
  writeFiles(folder, { 'package.json': `${JSON.stringify(manifest, null, 2)}\n` })
  mkdirSync(join(folder, 'out'), { recursive: true })
}

/** Milliseconds of `wireit` as npm would start it, without npm. */
export function runWireit(folder: string): number {
  const env = {
    npm_lifecycle_event: 'all',
    npm_package_json: join(folder, 'package.json'),
    npm_config_user_agent: 'npm/10.0.0 node/v20.0.0 linux x64 workspaces/false',
    npm_command: 'run-script',
    CI: '',
  }
  return timed(process.execPath, [bin], { cwd: folder, env }).ms
}
