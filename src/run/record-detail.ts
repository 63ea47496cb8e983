import { unlessProblem } from '../base/problem.ts'
import { detailIn, type StepDetail } from '../freshness/step-detail.ts'
import type { LogEntry, StepRecord } from '../lake/types.ts'
import type { Workspace } from './workspace.ts'

/**
 * The commit that holds the details of a record: in another environment where the record was moved from there.
 * Undefined where it is gone: then there is less to tell.
 */
export async function entryOfRecord(
  { lake, envName }: Pick<Workspace, 'lake' | 'envName'>,
  record: StepRecord,
): Promise<LogEntry | undefined> {
  const { env, commit } = record.from ?? { env: envName, commit: record.commit }
  return unlessProblem(() => lake.env(env).entry(commit))
}

/** What that commit kept of the step, when it is that of the record. */
export async function detailOfRecord(
  workspace: Pick<Workspace, 'lake' | 'envName'>,
  record: StepRecord,
  key: string,
): Promise<StepDetail | undefined> {
  const entry = await entryOfRecord(workspace, record)
  return entry?.steps[key]?.fingerprint === record.fingerprint ? detailIn(entry, key) : undefined
}
