import { ProblemError, type Place } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Connections } from './config.ts'
import type { SqlConnection } from './connection.ts'
import { resolvedConfig } from './references.ts'

/** What is needed to open connections. */
export interface Connecting {
  /** The project's folder. */
  readonly root: string
  readonly connections: Connections
  /** Cancels what a connection does, on the server too. */
  readonly signal?: AbortSignal
}

/**
 * Opens a connection of `sluice.yaml` by its name; its driver is loaded now. Throws a ProblemError:
 * `connection/unknown`, `connection/config-invalid`, `connection/package-missing`, `connection/unavailable`,
 * `connection/denied`. No message holds a password, or what a variable held.
 */
export async function openConnection(
  { root, connections, signal }: Connecting,
  name: string,
  where?: Place,
): Promise<SqlConnection> {
  const config = Object.hasOwn(connections, name) ? connections[name] : undefined
  if (!config) throw new ProblemError(unknownConnection(connections, name, where))
  const context = { root, name, ...(signal && { signal }) }
  if (config.kind === 'postgres')
    return (await import('./postgres.ts')).openPostgres(context, config, resolvedConfig(name, config))
  return (await import('./sqlite.ts')).openSqlite(context, resolvedConfig(name, config))
}

/** That a name stands for no connection. */
export function unknownConnection(connections: Connections, name: string, where?: Place) {
  const known = Object.keys(connections)
  const none = 'sluice.yaml has no connections: write `connections: { <name>: { kind: postgres, url: ... } }`'
  return {
    code: 'connection/unknown' as const,
    message: `there is no connection '${name}' in sluice.yaml`,
    ...(where && { where }),
    hint: known.length === 0 ? none : didYouMean(name, known),
  }
}
