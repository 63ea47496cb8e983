import { emptyRecord } from '../base/record.ts'
import { askedText } from '../contract/check-text.ts'
import type { DeclaredColumn, DeclaredTable } from '../contract/spec.ts'
import type { StepFindings } from './findings.ts'
import type { StepDetail } from './step-detail.ts'

/** What is kept of a step that was computed, or judged anew. */
export async function detailOf({ step, code, sources, inputs }: StepFindings): Promise<StepDetail> {
  const contracts = emptyRecord<Record<string, string>>()
  for (const input of step.inputs) contracts[`in:${input.handle}`] = columnTexts(input.columns)
  for (const { table } of step.outputs) {
    contracts[`out:${table.name}`] = columnTexts(table.columns)
    if (table.checks.length > 0) contracts[`checks:${table.name}`] = checkTexts(table)
  }
  const tables = emptyRecord<string>()
  for (const [handle, fact] of inputs) if (fact.kind === 'table') tables[handle] = `${fact.table}@${fact.seq}`
  return {
    ...(await code.detail()),
    args: step.args,
    sources: Object.fromEntries([...sources].map(([handle, { hashes }]) => [handle, hashes])),
    contracts,
    tables,
  }
}

function columnTexts(columns: readonly DeclaredColumn[]): Record<string, string> {
  return Object.fromEntries(
    columns.map(({ name, type, nullable }) => [name, `${type}${nullable ? ' NULL' : ''}`]),
  )
}

function checkTexts({ checks }: DeclaredTable): Record<string, string> {
  return Object.fromEntries(checks.map((check) => [check.name, `${askedText(check)} (${check.onFailure})`]))
}
