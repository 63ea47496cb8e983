import { isObject } from '../base/form.ts'
import { emptyRecord } from '../base/record.ts'
import type { Json } from '../base/wire.ts'
import { askedText } from '../contract/check-text.ts'
import type { DeclaredColumn, DeclaredTable } from '../contract/spec.ts'
import type { LogEntry } from '../lake/types.ts'
import type { StepFindings } from './findings.ts'

/**
 * What a commit keeps of a step beside its fingerprint, so that `explain` can name what changed and not only
 * that something did. Values of `env` are kept as digests: they may be private.
 */
export interface StepDetail {
  readonly symbols: { readonly [symbol: string]: string }
  readonly packages: readonly string[]
  readonly args: Json
  /** Hashes of the files of sources, by handle. */
  readonly sources: { readonly [handle: string]: { readonly [file: string]: string } }
  /** Type and nullability of columns, by `in:<handle>` and `out:<table>`; checks by `checks:<table>`. */
  readonly contracts: { readonly [name: string]: { readonly [column: string]: string } }
  /** `table@seq` of each input table. */
  readonly tables: { readonly [handle: string]: string }
}

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

/** The detail that a commit kept of a step, or undefined where it kept none. A commit of a whole run keeps many. */
export function detailIn(entry: LogEntry, step: string): StepDetail | undefined {
  const kept =
    isObject(entry.detail) && isObject(entry.detail['steps']) ? entry.detail['steps'][step] : entry.detail
  return isObject(kept) && 'symbols' in kept && 'contracts' in kept
    ? (kept as unknown as StepDetail)
    : undefined
}

function columnTexts(columns: readonly DeclaredColumn[]): Record<string, string> {
  return Object.fromEntries(
    columns.map(({ name, type, nullable }) => [name, `${type}${nullable ? ' NULL' : ''}`]),
  )
}

function checkTexts({ checks }: DeclaredTable): Record<string, string> {
  return Object.fromEntries(checks.map((check) => [check.name, `${askedText(check)} (${check.onFailure})`]))
}
