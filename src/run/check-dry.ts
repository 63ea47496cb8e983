import path from 'node:path'
import { sha256 } from '../base/digest.ts'
import type { Problem } from '../base/problem.ts'
import type { SessionRequest } from '../engine/engine.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import { limitedSignal } from './cancel.ts'
import type { DeclareParts, FoundStep } from './check-declare.ts'
import { stepProblems } from './failures.ts'
import { killLate } from './kill-late.ts'
import { maskedOutput } from './masked-output.ts'
import { placedError } from './query-origin.ts'
import { stepLimits } from './step-limits.ts'

/** So many of the last letters that a notebook printed are shown when it fails. */
const shown = 1000

/**
 * Runs the code of `run` steps on empty inputs, as if every table and file were absent; what they write stays in
 * memory and is forgotten. Gives what they throw or leave unwritten. Data checks are left out: they say little of
 * tables without rows. The code itself is the user's, and does all that it does otherwise.
 */
export async function dryRuns(
  steps: readonly FoundStep[],
  parts: DeclareParts,
): Promise<{ problems: readonly Problem[]; count: number }> {
  const distinct = new Map<string, DeclaredStep>()
  for (const { step } of steps) if (step.kind === 'run') distinct.set(dryKey(step), step)
  const found = await Promise.all([...distinct.values()].map((step) => dryRun(step, parts)))
  return { problems: found.flat(), count: distinct.size }
}

/** The same notebook with the same args and tables does the same in every flow. */
function dryKey({ file, args, env, inputs, outputs }: DeclaredStep): string {
  return sha256(JSON.stringify([file, args, env, inputs, outputs]))
}

async function dryRun(step: DeclaredStep, parts: DeclareParts): Promise<readonly Problem[]> {
  const { root, project } = parts.space
  const limits = stepLimits(step, project.config)
  const timeout = limits.timeout ?? parts.limit
  const pool = parts.pools.get()
  return pool.withWorker(async (worker) => {
    const limited = limitedSignal(undefined, timeout)
    let printed = ''
    const keep = (_: string, text: string) => void (printed = `${printed}${text}`.slice(-shown))
    const { args, env, secrets } = step
    const masked = maskedOutput(secrets, keep, undefined)
    const at = { file: path.join(root, step.file), projectRoot: root }
    const engine = pool.workerEngine(limits.process)
    const ask = { ...at, request: emptyRequest(step), engine, args, env, secrets }
    try {
      const call = worker.call('run', ask, { signal: limited.signal, printed: masked.printed })
      await killLate(worker, limited.signal, call)
      return []
    } catch (error) {
      masked.end()
      if (limited.timedOut()) return withPrinted([late(step, timeout)], printed)
      return withPrinted(stepProblems(await placedError(error, step.file, root), step, root), printed)
    } finally {
      limited.clear()
    }
  })
}

function withPrinted(problems: readonly Problem[], printed: string): Problem[] {
  const text = printed.trim()
  return problems.map(({ related = [], ...problem }) => {
    const all = text === '' ? related : [...related, { message: `it printed: ${text}` }]
    return {
      ...problem,
      message: `on empty inputs: ${problem.message}`,
      ...(all.length > 0 && { related: all }),
    }
  })
}

function emptyRequest(step: DeclaredStep): SessionRequest {
  return {
    inputs: step.inputs.map(({ handle, name, columns }) => ({
      handle,
      name,
      columns,
      from: { kind: 'absent' },
    })),
    outputs: step.outputs.map(({ handle, table }) => ({ handle, table: { ...table, checks: [] } })),
    volatile: step.volatile || step.expiresAfter !== undefined,
    ...(step.external === true && { external: true }),
  }
}

function late({ name, file }: DeclaredStep, timeout: number): Problem {
  return {
    code: 'step/timeout',
    message: `step '${name}' took longer than ${timeout / 1000} s`,
    where: { file },
  }
}
