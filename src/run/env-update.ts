import { emptyRecord } from '../base/record.ts'
import { ProblemError } from '../base/problem.ts'
import { beginsFrom } from '../flow/environment-name.ts'
import type { Environment } from '../lake/environment.ts'
import { pinnedState, removePin } from '../lake/pins.ts'
import { movedRecord, pointer } from '../lake/pointers.ts'
import { isSame, stepHeads, type StepHeads } from '../lake/step-heads.ts'
import type { Changes, EnvState } from '../lake/types.ts'
import { checkUnprotected, openEnvPlace, stateOf, type EnvPlace } from './env-place.ts'
import type { CreateOptions } from './env-create.ts'

/** What an environment took over from another one. */
export interface UpdatedEnvironment {
  readonly env: string
  readonly from: string
  readonly fromCommit: number
  /** Undefined when it was up to date. */
  readonly commit?: number
  /** Tables that now are as in `from`. */
  readonly taken: readonly string[]
  /** Tables that differ and were kept, because this environment has changed them since. */
  readonly kept: readonly string[]
}

/**
 * Brings an environment up to another one: what only the other one has changed since they parted is taken over,
 * what this one has changed stays, in one commit. The next run computes what no longer fits together. Then what
 * this environment has changed can be promoted again.
 *
 * @throws ProblemError `project/unknown`, `env/protected`, `storage/commit-conflict`
 */
export async function updateEnvironment(
  name: string,
  options: CreateOptions = {},
): Promise<UpdatedEnvironment> {
  const place = await openEnvPlace(options)
  const { lake, project } = place
  const run = lake.runs.newId()
  try {
    const hint = `\`sluice promote ${options.from ?? '<env>'} --to ${name}\` looks whether all fits together`
    checkUnprotected(place, name, 'brought up to another', hint)
    const own = await stateOf(place, name)
    const from = options.from ?? own.origin?.env ?? beginsFrom(project.config, name) ?? lake.defaultEnv
    if (from === name) throw withItself(name)
    await stateOf(place, from)
    const theirs = await pinnedState(lake.storage, lake.env(from), run)
    const told = { env: name, from, fromCommit: theirs.commit }
    const { origin } = own
    if (origin?.env === from && origin.commit === theirs.commit) return { ...told, taken: [], kept: [] }
    const { changes, taken, kept } = await merged(place, own, theirs, from)
    const ref = { env: from, commit: theirs.commit }
    const meta = { kind: 'update', run, source: ref, origin: ref } as const
    const done = await lake.env(name).commit(own, changes, meta, () => 'conflict')
    return { ...told, commit: done.state.commit, taken, kept }
  } finally {
    await removePin(lake.storage, run)
    await place.close()
  }
}

async function merged(
  { lake }: EnvPlace,
  own: EnvState,
  theirs: EnvState,
  from: string,
): Promise<{ changes: Changes; taken: string[]; kept: string[] }> {
  const since = own.origin?.env === from ? own.origin.commit : 0
  const base = stepHeads(await lake.env(from).state(since))
  const [mine, other] = [stepHeads(own), stepHeads(theirs)]
  const theirVersions = await versionsSince(lake.env(from), since)
  const heads = emptyRecord<Changes['heads'][string]>()
  const steps = emptyRecord<Changes['steps'][string]>()
  const [taken, kept]: [string[], string[]] = [[], []]
  for (const key of new Set([...other.keys(), ...base.keys()])) {
    const [a, b] = [mine.get(key), other.get(key)]
    if (isSame(a, b) || isSame(b, base.get(key))) continue
    const tables = [...new Set([...(a?.heads.keys() ?? []), ...(b?.heads.keys() ?? [])])]
    const untouched = isSame(a, base.get(key)) || (a !== undefined && wasTheirs(a, theirVersions))
    ;(untouched ? taken : kept).push(...tables)
    if (!untouched) continue
    for (const table of tables) {
      const head = b?.heads.get(table)
      heads[table] = head ? pointer(head) : null
    }
    if (a?.record ?? b?.record) steps[key] = b?.record ? movedRecord(from, b.record) : null
  }
  return { changes: { heads, steps }, taken: taken.toSorted(), kept: kept.toSorted() }
}

/** All versions that an environment has had since a commit, as `table@version`. */
async function versionsSince(env: Environment, since: number): Promise<Set<string>> {
  const versions = new Set<string>()
  for await (const entry of env.history()) {
    if (entry.number <= since) break
    for (const [table, head] of Object.entries(entry.heads))
      if (head) versions.add(`${table}@${head.version}`)
  }
  return versions
}

/** What we hold was theirs once: it was promoted, and they have gone on from there. */
function wasTheirs({ heads }: StepHeads, theirs: ReadonlySet<string>): boolean {
  return heads.size > 0 && [...heads].every(([table, { version }]) => theirs.has(`${table}@${version}`))
}

function withItself(name: string): ProblemError {
  return new ProblemError({
    code: 'project/usage',
    message: `environment '${name}' cannot be brought up to itself`,
    hint: `say from which: sluice env update ${name} --from prod`,
  })
}
