import { partitionName } from '../contract/partition.ts'
import { findPartitions, type FoundPartitions } from '../freshness/partition-facts.ts'
import type { PartitionPlan } from '../freshness/partition-plan.ts'
import type { Lake } from '../lake/lake.ts'
import type { StepRecord } from '../lake/types.ts'
import type { BackfillAsk } from './partition-ask.ts'
import type { PlannedPartition } from './options.ts'
import { planStep } from './partition-which.ts'
import type { SurveyedStep } from './survey.ts'

/** The partitions of a stale step that a run would compute, in order. */
export async function surveyPartitions(
  lake: Lake,
  { findings, reasons }: SurveyedStep,
  record: StepRecord | undefined,
  backfill?: BackfillAsk,
): Promise<PlannedPartition[]> {
  if (!findings.step.partition) return []
  const found = await findPartitions(lake, findings, record)
  const own = reasons.filter(({ word }) => word !== 'upstream-stale')
  return told(found, planStep(found, record, own, backfill), own)
}

function told(
  { facts: { partition }, inputs, onlyInputs }: FoundPartitions,
  plan: PartitionPlan,
  reasons: SurveyedStep['reasons'],
): PlannedPartition[] {
  const moved = inputs.filter(({ handle }) =>
    reasons.some(({ word, subject }) => word === 'input-changed' && subject === handle),
  )
  // Where it is the only one, nothing else can have changed it.
  const named = moved.length > 0 || inputs.length > 1 ? moved : inputs
  const names = onlyInputs || moved.length > 0 ? named.map(({ name }) => name) : []
  const name = (values: readonly string[]) => partitionName(partition.by, values)
  return [
    ...plan.stale.map(({ values, why }) => ({
      partition: name(values),
      why,
      inputs: why === 'forced' ? [] : names,
    })),
    ...plan.removed.map((values) => ({ partition: name(values), why: 'removed' as const, inputs: names })),
  ]
}
