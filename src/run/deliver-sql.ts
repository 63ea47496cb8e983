import { ProblemError } from '../base/problem.ts'
import type { SqlSink } from '../contract/sink.ts'
import type { Delivered } from '../freshness/target-files.ts'
import type { Delivering } from './deliver-file.ts'

export function deliverSql({ findings }: Delivering, to: SqlSink): Promise<Delivered> {
  return Promise.reject(
    new ProblemError({
      code: 'delivery/failed',
      message: `step '${findings.step.name}': deliveries to ${to.kind} come with the next release`,
    }),
  )
}
