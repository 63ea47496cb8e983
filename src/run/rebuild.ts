import type { ResolvedFlow, ResolvedStep } from '../flow/resolve.ts'
import { stepKey } from '../freshness/step-key.ts'
import type { EnvState } from '../lake/types.ts'
import { detailOfRecord } from './record-detail.ts'
import type { SurveyedStep } from './survey.ts'
import { rebuildKnown } from './what-changed.ts'
import type { Workspace } from './workspace.ts'

/** Why an incremental step that is stale would compute all anew, for `plan` and `explain`; undefined when it is not known. */
export async function rebuildOf(
  workspace: Workspace,
  { flow }: ResolvedFlow,
  step: ResolvedStep,
  seen: SurveyedStep | undefined,
  state: EnvState,
): Promise<string | undefined> {
  if (step.incremental === undefined || seen?.verdict !== 'stale') return undefined
  const key = stepKey(step, flow.name)
  return rebuildKnown(workspace.lake, seen.findings, state.steps.get(key), (record) =>
    detailOfRecord(workspace, record, key),
  )
}
