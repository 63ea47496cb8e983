import type { Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { DeclaredFlow } from './declared.ts'
import type { ProjectConfig } from './project-config.ts'

/** Connections that sources name and `sluice.yaml` does not have, or has as another kind of database. */
export function connectionProblems(
  flows: readonly DeclaredFlow[],
  { connections }: Pick<ProjectConfig, 'connections'>,
): Problem[] {
  const known = Object.keys(connections)
  return flows
    .flatMap(({ sources }) => sources)
    .flatMap(({ name, sql, format, where }): Problem[] => {
      if (!sql) return []
      const about = { code: 'connection/unknown' as const, ...(where && { where }) }
      const found = Object.hasOwn(connections, sql.connection) ? connections[sql.connection] : undefined
      if (found?.kind === format) return []
      const message = found
        ? `source '${name}': the connection '${sql.connection}' is ${found.kind}, and source.${format} reads ${format}`
        : `source '${name}': there is no connection '${sql.connection}' in sluice.yaml`
      const none = `add it: connections: { ${sql.connection}: { kind: ${format}, ... } }`
      const hint = found ? `say source.${found.kind}` : (didYouMean(sql.connection, known) ?? none)
      return [{ ...about, message, hint }]
    })
}
