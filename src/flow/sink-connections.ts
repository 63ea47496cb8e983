import type { Problem } from '../base/problem.ts'
import { unknownConnection } from '../connect/open.ts'
import { isSql } from '../contract/sink.ts'
import type { DeclaredFlow } from './declared.ts'
import type { ProjectConfig } from './project-config.ts'

/** Deliveries to databases that `sluice.yaml` does not name, or that are of another kind. */
export function sinkProblems(
  flows: readonly DeclaredFlow[],
  { connections }: Pick<ProjectConfig, 'connections'>,
): Problem[] {
  return flows.flatMap(({ steps }) =>
    steps.flatMap(({ name, sink, where }): Problem[] => {
      if (!sink || !isSql(sink)) return []
      const known = Object.hasOwn(connections, sink.connection) ? connections[sink.connection] : undefined
      if (!known) return [unknownConnection(connections, sink.connection, where)]
      if (known.kind === sink.kind) return []
      const message = `step '${name}': sink.${sink.kind} names the connection '${sink.connection}', which is of kind ${known.kind}`
      return [
        { code: 'delivery/invalid', message, ...(where && { where }), hint: `write sink.${known.kind}` },
      ]
    }),
  )
}
