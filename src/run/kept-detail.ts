import { emptyRecord } from '../base/record.ts'
import { ProblemError } from '../base/problem.ts'
import type { Json } from '../base/wire.ts'
import { detailIn } from '../freshness/step-detail.ts'
import type { Environment } from '../lake/environment.ts'
import type { Owner } from '../lake/held.ts'

/**
 * The details of step records that a commit sets anew without running the steps: `explain` looks for them in the
 * commit of the record. Commits that are damaged have none to give: then it tells less.
 */
export async function keptDetail(
  environment: Environment,
  owners: readonly Owner[],
): Promise<{ readonly steps: { readonly [key: string]: Json } }> {
  const steps = emptyRecord<Json>()
  for (const { key, record } of owners) {
    try {
      const detail = detailIn(await environment.entry(record.commit), key)
      if (detail !== undefined) steps[key] = detail as unknown as Json
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error
    }
  }
  return { steps }
}
