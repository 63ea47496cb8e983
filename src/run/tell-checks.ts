import { readFile } from 'node:fs/promises'
import { problemsOf } from '../base/problem.ts'
import type { CheckResult } from '../engine/engine.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import { layout } from '../storage/layout.ts'
import type { RunScope } from './scope.ts'

/** How many of the rows that break a check are kept. */
export const keptRows = 1000

/** Tells what became of the data checks of a step, and keeps rows that break them with the run. */
export async function tellChecks(
  scope: RunScope,
  step: DeclaredStep,
  results: readonly CheckResult[],
): Promise<void> {
  for (const { file, message, where, ...result } of results) {
    const failures = file === undefined ? undefined : await keepFailures(scope, result, file)
    scope.emit({
      event: 'data-checked',
      step: step.name,
      ...result,
      ...(message !== undefined && { message }),
      ...(failures !== undefined && { failures }),
      ...(where && { where }),
    })
  }
}

/** Puts rows into the storage; gives their key. A step does not fail because they could not be kept. */
async function keepFailures(
  { workspace, run }: RunScope,
  { table, check }: Pick<CheckResult, 'table' | 'check'>,
  file: string,
): Promise<string | undefined> {
  const key = layout.failures(run, table, check)
  try {
    await workspace.lake.storage.put(key, await readFile(file))
    return key
  } catch (error) {
    if (!problemsOf(error)) throw error
    return undefined
  }
}
