import path from 'node:path'
import { emptyRecord } from '../base/record.ts'
import { ProblemError, type Problem } from '../base/problem.ts'
import { keyCheckName, tablesInChecks } from '../contract/check-form.ts'
import { partitionKey } from '../contract/partition.ts'
import type { CheckResult } from '../engine/engine.ts'
import type { StepFindings } from '../freshness/findings.ts'
import type { FoundPartitions } from '../freshness/partition-facts.ts'
import type { ComputeAsk } from './compute.ts'
import { partChecks } from './partition-ask.ts'
import type { NewPartitions } from './partition-publish.ts'
import type { RunScope } from './scope.ts'

/**
 * Makes the checks that hold for tables as a whole, over all partitions as they would be. Gives what became of them;
 * throws what must hold and does not: then nothing is published, because no single partition is to blame.
 */
export async function checkWhole(
  scope: RunScope,
  findings: StepFindings,
  found: FoundPartitions,
  ask: ComputeAsk,
  change: NewPartitions,
  tell: (results: readonly CheckResult[]) => void,
): Promise<void> {
  const { step } = findings
  const written = new Set(step.outputs.map(({ table }) => table.name))
  const wholes = step.outputs.flatMap(({ table }) => {
    const { whole } = partChecks(table, step.partition?.by ?? [], written)
    return whole ? [whole] : []
  })
  if (wholes.length === 0) return
  const files = emptyRecord<string[]>()
  for (const { handle, table } of step.outputs)
    files[table.name] = await newFiles(ask, found, handle, table.name, change)
  const problems: Problem[] = []
  for (const table of wholes) {
    const own = files[table.name] ?? []
    if (own.length === 0) {
      problems.push(...tooFew(table))
      continue
    }
    const others = emptyRecord<string[]>()
    for (const name of tablesInChecks(table)) {
      const head = findings.state.heads.get(name)
      if (files[name]) others[name] = files[name]
      else if (head) others[name] = await ask.lake.headFiles(name, head)
    }
    const request = { table, files: own, others, now: scope.now() }
    const { results } = await scope.pool.engines.ask('check', request, { signal: ask.signal, by: step.name })
    tell(results)
    problems.push(...results.flatMap(problemOf))
  }
  if (problems.length > 0) throw new ProblemError(problems)
}

/** The files of a table as they would be. */
async function newFiles(
  ask: ComputeAsk,
  found: FoundPartitions,
  handle: string,
  table: string,
  { computed, removed }: NewPartitions,
): Promise<string[]> {
  const gone = new Set([...removed, ...computed.map(({ plan }) => plan.values)].map(partitionKey))
  const before = found.outputs.get(table)
  const kept = before?.files.filter(({ partition = [] }) => !gone.has(partitionKey(partition))) ?? []
  const old = before ? await ask.lake.files({ ...before, files: kept }) : []
  const staged = computed.flatMap(({ outputs }) =>
    outputs
      .filter(({ staging }) => staging.handle === handle)
      .flatMap(({ staging, staged: { files } }) => files.map(({ name }) => path.join(staging.folder, name))),
  )
  return [...old, ...staged]
}

/** Of a table without rows, only that it has too few can be wrong. */
function tooFew({
  name,
  checks,
  where,
}: {
  name: string
  checks: readonly object[]
  where?: object
}): Problem[] {
  const least = checks.flatMap((check) =>
    'kind' in check && check.kind === 'rowCount' && 'min' in check ? [Number(check.min)] : [],
  )
  if (!least.some((min) => min > 0)) return []
  const message = `output table '${name}': it has no rows, and must have at least ${Math.max(...least)}`
  return [{ code: 'contract/check', message, ...(where && { where: where as Problem['where'] }) }]
}

function problemOf({ table, check, outcome, message, where }: CheckResult): Problem[] {
  if (outcome !== 'failed') return []
  const said = message ?? `the check '${check}' is broken`
  return [
    {
      code: check === keyCheckName ? 'contract/key' : 'contract/check',
      message: `output table '${table}': ${said}, over all partitions`,
      ...(where && { where }),
    },
  ]
}
