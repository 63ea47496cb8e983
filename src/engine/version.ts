import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/**
 * The engine's name and version, such as `duckdb 1.5.6-r.1`, read from its package: it stands in every
 * fingerprint, and a run with nothing to do must not load the engine to learn it.
 */
export function engineVersion(): string {
  const require = createRequire(import.meta.url)
  const file = require.resolve('@duckdb/node-api/package.json')
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
  return `duckdb ${version}`
}
