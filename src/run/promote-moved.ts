import { unlessProblem, type Problem } from '../base/problem.ts'
import type { Environment } from '../lake/environment.ts'
import type { Lake } from '../lake/lake.ts'
import type { EnvState, Head, LogEntry } from '../lake/types.ts'

/** Commits that somebody made to take something back: a promote must not undo them by chance. */
const undone: ReadonlySet<LogEntry['kind']> = new Set(['rollback', 'restore'])

/**
 * The tables of a target that others have changed since the source was begun from it: what the target holds is
 * neither what it held then nor anything that the source has had. Where the source was not begun from the target,
 * only the latter counts. One Problem for all; undefined when there is none.
 */
export async function movedProblem(
  lake: Lake,
  source: EnvState,
  target: EnvState,
  tables: readonly string[],
): Promise<Problem | undefined> {
  const { origin } = source
  const since = origin?.env === target.env ? origin.commit : undefined
  const into = lake.env(target.env)
  const base = since === undefined ? undefined : await into.state(since)
  const related: { message: string }[] = []
  for (const table of tables) {
    const head = target.heads.get(table)
    if (head?.version === source.heads.get(table)?.version) continue
    const entry = await lastChange(into, target, table, since ?? 0)
    const back = entry !== undefined && entry.number > (since ?? 0) && undone.has(entry.kind)
    const asThen = base !== undefined && base.heads.get(table)?.version === head?.version
    if (!back && (asThen || (base === undefined && head === undefined))) continue
    if (!back && head && (await everHeld(lake.env(source.env), table, head.version))) continue
    related.push({ message: movedText(target.env, table, head, entry) })
  }
  if (related.length === 0) return undefined
  const when = since === undefined ? '' : ` since '${source.env}' was begun from it at commit ${since}`
  return {
    code: 'promote/target-moved',
    message: `environment '${target.env}' has changed${when}, and the promote would undo that`,
    related,
    hint: `\`sluice env update ${source.env} --from ${target.env}\` takes over what it has changed; then run and promote again`,
  }
}

/** Whether an environment has had a version of a table since it was begun. */
async function everHeld(env: Environment, table: string, version: string): Promise<boolean> {
  for await (const entry of env.history({ table })) {
    if (entry.heads[table]?.version === version) return true
    if (entry.kind === 'create' || entry.kind === 'delete-env') return false
  }
  return false
}

/** The commit that set what an environment holds of a table, if it came after another one, or that took the table away. */
async function lastChange(
  env: Environment,
  state: EnvState,
  table: string,
  since: number,
): Promise<LogEntry | undefined> {
  const head = state.heads.get(table)
  if (head === undefined) return removal(env, state, table)
  // A commit that cannot be read tells nothing; then only versions count.
  return head.commit > since ? unlessProblem(() => env.entry(head.commit)) : undefined
}

/** The commit that took a table away; undefined where there never was one. Seldom asked: the log is looked through. */
async function removal(env: Environment, state: EnvState, table: string): Promise<LogEntry | undefined> {
  if (!state.gone?.has(table)) return undefined
  for await (const entry of env.history({ table, limit: 1 })) return entry
  return undefined
}

function movedText(env: string, table: string, head: Head | undefined, entry: LogEntry | undefined): string {
  if (head === undefined) {
    const by = entry === undefined ? '' : ` by commit ${entry.number} (${entry.kind})`
    return `${table} was removed${by}`
  }
  const at = `${table}: ${env}@${head.seq}, by commit ${head.commit}`
  if (entry === undefined) return at
  const step = entry.step === undefined ? '' : ` of step ${entry.step}`
  return `${at} (${entry.kind}${step}, ${entry.at})`
}
