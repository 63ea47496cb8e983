import { renderLooking } from './render-queries.ts'
import type { DeclaredInput } from '../flow/declared.ts'
import type { StepFindings } from '../freshness/findings.ts'
import type { Reason } from '../freshness/reason.ts'
import { digestOf } from '../base/digest.ts'
import { unlessProblem } from '../base/problem.ts'
import type { Accepted, ColumnStats, StepRecord } from '../lake/types.ts'
import type { ComputeAsk } from './compute.ts'
import { versionDigest, type Comparing } from './same-rows.ts'
import type { Manifest } from '../lake/types.ts'

/** What is accepted, and what people are told. */
export interface Acceptance {
  readonly accepted: readonly Accepted[]
  readonly reasons: readonly Reason[]
  readonly queries?: { readonly [output: string]: string }
}

type Accepting = Comparing & Required<Pick<ComputeAsk, 'root' | 'loaded'>>

/**
 * Whether a stale step can be forgiven, because nothing that changed can change its rows: the columns that it
 * reads of an input hold the same rows in the new version, and its queries, rendered with its args, are the
 * same queries. Decided once: the caller keeps the answer in a commit. Undefined means that the step must run.
 */
export async function tryAccept(
  around: Accepting,
  findings: StepFindings,
  record: StepRecord,
  reasons: readonly Reason[],
): Promise<Acceptance | undefined> {
  const { step } = findings
  const ofCode = reasons.filter(
    ({ word }) => word === 'code-changed' || word === 'args-changed' || word === 'env-changed',
  )
  const ofInputs = reasons.filter(({ word }) => word === 'input-changed')
  if (ofCode.length + ofInputs.length !== reasons.length) return undefined
  if (ofCode.length > 0 && step.kind !== 'select') return undefined
  const accepted: Accepted[] = []
  for (const reason of ofInputs) {
    const input = step.inputs.find(({ handle }) => handle === reason.subject)
    const same = input && (await sameColumns(around, findings, record, input))
    if (!same) return undefined
    accepted.push(same)
  }
  if (ofCode.length === 0) return { accepted, reasons: accepted.map(toldInput) }
  // A query that is wrong fails when the step runs, which tells more of it.
  const queries = await unlessProblem(() => queryDigests(around, findings))
  if (queries === undefined) return undefined
  const before = record.queries
  if (before === undefined || digestOf(before) !== digestOf(queries)) return undefined
  const outputs = Object.keys(queries)
  accepted.push({
    input: 'code',
    from: record.parts['code'] ?? '',
    to: findings.parts['code'] ?? '',
    columns: outputs,
    digest: digestOf(queries),
  })
  const told: Reason = {
    word: 'accepted',
    subject: 'code',
    detail: 'the queries are the same, only their text or the code around them changed',
  }
  return { accepted, reasons: [...accepted.slice(0, -1).map(toldInput), told], queries }
}

/** Whether the columns that a step reads hold the same rows in the old and the new version of an input. */
async function sameColumns(
  around: Comparing,
  findings: StepFindings,
  record: StepRecord,
  input: DeclaredInput,
): Promise<Accepted | undefined> {
  const head = findings.state.heads.get(input.name)
  const before = record.parts[`input:${input.handle}`]
  const [table, version] = before?.split('@') ?? []
  if (input.kind !== 'table' || !head || table !== input.name || version === undefined) return undefined
  const oldKey = head.manifest.replace(head.version, version)
  // Of a version that is gone or damaged nothing is known: then the step runs.
  const [old, now] = await Promise.all([
    unlessProblem(() => around.lake.version(table, { manifest: oldKey, version })),
    unlessProblem(() => around.lake.version(table, head)),
  ])
  if (!old || !now || old.rows !== now.rows) return undefined
  const types = (manifest: Manifest) =>
    input.columns.map(({ name }) => manifest.columns.find((column) => column.name === name)?.type)
  const oldTypes = types(old)
  if (oldTypes.includes(undefined) || digestOf(oldTypes) !== digestOf(types(now))) return undefined
  const columns = input.columns.map(({ name }, at) => ({ name, type: oldTypes[at] ?? '' }))
  // Footer statistics that differ mean that the rows do, and cost nothing to compare. Partitioned tables have none.
  if (columns.some(({ name }) => statsDiffer(old.stats[name], now.stats[name]))) return undefined
  const was = await unlessProblem(() => versionDigest(around, oldKey, old, columns))
  const is = await unlessProblem(() => versionDigest(around, head.manifest, now, columns))
  if (was === undefined || is === undefined || was !== is) return undefined
  return {
    input: input.handle,
    from: version,
    to: head.version,
    columns: columns.map(({ name }) => name),
    digest: is,
  }
}

function statsDiffer(one: ColumnStats | undefined, other: ColumnStats | undefined): boolean {
  return one !== undefined && other !== undefined && digestOf(one) !== digestOf(other)
}

async function queryDigests(
  around: Accepting,
  findings: StepFindings,
): Promise<Readonly<Record<string, string>> | undefined> {
  const { queries, readsPartition } = await renderLooking(
    around.pool,
    around.root,
    findings.step,
    around.signal,
    () => undefined,
  )
  await around.loaded()
  // Of another partition they may be others.
  if (readsPartition && findings.step.partition) return undefined
  const { queryDigests: digests } = await around.pool.engines.ask(
    'queryDigests',
    { queries },
    { signal: around.signal, by: findings.step.name },
  )
  return digests
}

function toldInput({ input, columns }: Accepted): Reason {
  return {
    word: 'accepted',
    subject: input,
    detail: `a new version, with the same rows in ${columns.join(', ')}`,
  }
}
