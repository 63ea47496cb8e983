import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * The programs of the processes and threads that Sluice starts. They lie in `dist` when built; in Sluice's own tests
 * they run from `src` through tsx, and find `sluice` in `src` too.
 */
export interface ProcessEntry {
  readonly entry: URL
  readonly execArgv: string[]
}

const here = fileURLToPath(import.meta.url)
const built = /[\\/]dist[\\/](?!.*[\\/]dist[\\/])/.test(here)

/** The module of a folder that another program loads by its file, such as vitest. */
export function moduleFile(name: 'testing/vitest-reporter'): string {
  return fileURLToPath(entryOf(name))
}

export function processEntry(
  name: 'run/worker-main' | 'run/engine-main' | 'engine/workbook-main',
): ProcessEntry {
  return {
    entry: entryOf(name),
    execArgv: built ? ['--enable-source-maps'] : ['--conditions=sluice-source', '--import', 'tsx'],
  }
}

function entryOf(name: string): URL {
  const base = here.replace(/^(.*[\\/](?:dist|src)[\\/]).*$/, '$1')
  return pathToFileURL(`${base}${name}.${built ? 'js' : 'ts'}`)
}
