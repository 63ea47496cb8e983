import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * The programs of the processes that Sluice starts. They lie in `dist/run/` when built; in Sluice's own tests
 * they run from `src/run/` through tsx, and find `sluice` in `src` too.
 */
export interface ProcessEntry {
  readonly entry: URL
  readonly execArgv: string[]
}

const here = fileURLToPath(import.meta.url)
const built = /[\\/]dist[\\/](?!.*[\\/]dist[\\/])/.test(here)

export function processEntry(name: 'worker-main' | 'engine-main'): ProcessEntry {
  const base = here.replace(/^(.*[\\/](?:dist|src)[\\/]).*$/, '$1')
  const entry = pathToFileURL(`${base}run/${name}.${built ? 'js' : 'ts'}`)
  return {
    entry,
    execArgv: built ? ['--enable-source-maps'] : ['--conditions=sluice-source', '--import', 'tsx'],
  }
}
