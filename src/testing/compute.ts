import { ProblemError, problemsOf, type Problem } from '../base/problem.ts'
import type { Json } from '../base/wire.ts'
import { changesOf } from '../contract/changes.ts'
import type { LooseDefinition } from '../contract/notebook.ts'
import { examplePartition, type PartitionTold } from '../contract/partition-told.ts'
import type { DeclaredColumn } from '../contract/spec.ts'
import type { Engine, KeptRows, Session } from '../engine/engine.ts'
import { withQueryPlace } from '../run/query-place.ts'
import { renderSelects } from '../run/render-selects.ts'
import { runCode } from '../run/run-code.ts'
import type { Prepared } from './prepare.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly text: string
}

/** What a notebook made of the rows that it was given. */
export interface Computed {
  readonly outputs: ReadonlyMap<string, KeptRows>
  readonly result: Json | undefined
  readonly logs: readonly LogLine[]
}

/**
 * Computes a notebook in this process and in memory, by the code that a run uses. Rejects with a ProblemError
 * for all that a run would refuse, and with whatever the notebook's code throws.
 */
export async function computeNotebook(engine: Engine, prepared: Prepared): Promise<Computed> {
  const { request, file, root } = prepared
  try {
    const session = await engine.session(request)
    try {
      const logs: LogLine[] = []
      const result = await write(session, prepared, logs)
      const kept = await Promise.all(
        request.outputs.map(async ({ handle }) => [handle, await session.kept(handle)] as const),
      )
      return { outputs: new Map(kept), result, logs }
    } finally {
      await session.close()
    }
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    throw new ProblemError(problems.map((problem) => inTest(withQueryPlace(problem, file, root), prepared)))
  }
}

async function write(session: Session, prepared: Prepared, logs: LogLine[]): Promise<Json | undefined> {
  const { notebook, request, args, env, secrets, file } = prepared
  const { definition } = notebook
  const partition = anyPartition(definition, request.outputs[0]?.table.columns ?? [])
  if (definition.run) {
    const log = (level: LogLine['level']) => (text: string) => void logs.push({ level, text })
    const { result } = await runCode(definition, {
      session,
      request,
      file,
      args,
      env,
      partition,
      secrets: definition.secrets ?? [],
      secretOf: (name) => secrets[name],
      log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
      signal: new AbortController().signal,
    })
    return result
  }
  const own = request.inputs.filter(({ handle }) => changesOf(handle) === undefined)
  const handles = own.map(({ handle, columns }) => ({
    handle,
    columns: columns.map(({ name }) => name),
  }))
  const queries = renderSelects(definition, { handles, args, env, file, partition })
  for (const { handle, query, takesOut } of queries)
    await (takesOut ? session.takeOut(handle, query) : session.write(handle, query))
  await session.finish()
  return undefined
}

/** A notebook that works by partition is tested with one: for months `2019-01`. */
function anyPartition(
  { partition }: LooseDefinition,
  columns: readonly DeclaredColumn[],
): PartitionTold | undefined {
  if (!partition) return undefined
  const { by, every } = partition
  return examplePartition({ by: typeof by === 'string' ? [by] : by, ...(every && { every }) }, columns)
}

/** Hints that fit a test. */
function inTest(problem: Problem, prepared: Prepared): Problem {
  if (problem.message.startsWith('input table ') && problem.code.startsWith('contract/')) {
    const hint = emptyReference(problem, prepared)
    return { ...problem, hint: hint ?? 'a run never sees such rows: give others, or say { unchecked: true }' }
  }
  if (problem.code === 'notebook/env-invalid' && problem.message.startsWith('the secret '))
    return { ...problem, hint: 'give it in the test: { secrets: { ... } }' }
  return problem
}

/** Where nothing stands that a row could refer to, no value of its column is a good one. */
function emptyReference({ code, message }: Problem, { request, rows }: Prepared): string | undefined {
  if (code !== 'contract/reference') return undefined
  for (const { name, from } of request.inputs) {
    if (from.kind !== 'rows' || !message.startsWith(`input table '${name}': `)) continue
    for (const check of from.contract?.checks ?? []) {
      const other = check.kind === 'reference' ? from.others?.[check.table] : undefined
      if (check.kind !== 'reference' || other === undefined || rows.get(other)?.length !== 0) continue
      const says = `'${check.column}' that does not stand in ${check.table}.${check.to}`
      if (message.endsWith(says))
        return `'${other}' has no rows: give it rows that '${check.column}' refers to`
    }
  }
  return undefined
}
