import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Builds `dist` before the first test when it is older than its sources: the tests of the command line run the
 * compiled program. A failed build takes the old program away, so that no test passes on stale code.
 */
export default function buildFirst(): void {
  if (!existsSync(join(root, 'src/cli/main.ts')) || !existsSync(join(root, 'src/index.ts'))) return
  if (builtAt() >= changedAt()) return
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--no-types'], {
    stdio: 'inherit',
  })
  if (status === 0) return
  rmSync(join(root, 'dist/cli'), { recursive: true, force: true })
  console.error('The build failed: tests that run the command line will fail too.')
}

function builtAt(): number {
  const built = [join(root, 'dist/cli/main.js'), join(root, 'dist/index.js')]
  return built.every((path) => existsSync(path)) ? modified(join(root, 'dist/index.js')) : 0
}

/** Folders count too: a removed file changes its folder. */
function changedAt(): number {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  const paths = [...sources.map((name) => join('src', name)), 'package.json', 'scripts/build.mjs']
  return Math.max(...paths.map((path) => modified(join(root, path))))
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
