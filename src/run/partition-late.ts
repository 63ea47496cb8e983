import { partitionKey } from '../contract/partition.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { FoundPartitions } from '../freshness/partition-facts.ts'
import type { LateRows } from '../lake/types.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import type { RunScope } from './scope.ts'

/**
 * Late rows with their numbers: of tables the plan knows them, files of sources are read for it. Done once, when they
 * are found: from then on the step's record tells them.
 */
export async function countLate(
  { pool, signal }: Pick<RunScope, 'pool' | 'signal'>,
  step: DeclaredStep,
  { facts, inputs }: FoundPartitions,
  late: readonly LateRows[],
): Promise<LateRows[]> {
  const counted: LateRows[] = []
  for (const each of late) {
    const input = inputs.find(({ handle }) => handle === each.input)
    const content = facts.inputs.get(each.input ?? '')?.get(partitionKey(each.values))
    if (each.rows !== undefined || !input || !content?.paths) {
      counted.push(each)
      continue
    }
    const { handle, name, columns } = input
    const from = { kind: 'source' as const, source: input.origin as DeclaredSource, files: content.paths }
    const { rows } = await pool.engines.ask(
      'countRows',
      { inputs: [{ handle, name, columns, from }] },
      { signal, by: step.name },
    )
    counted.push({ ...each, rows: (rows[handle] ?? 0) - (each.read ?? 0) })
  }
  return counted
}
