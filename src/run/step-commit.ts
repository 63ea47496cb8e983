import { emptyRecord } from '../base/record.ts'
import { hostname } from 'node:os'
import { digestOf } from '../base/digest.ts'
import { problemsOf } from '../base/problem.ts'
import type { Json } from '../base/wire.ts'
import { detailOf } from '../freshness/detail.ts'
import type { StepFindings } from '../freshness/findings.ts'
import { stepKey } from '../freshness/step-key.ts'
import { sealOf } from '../lake/sealed.ts'
import type { CachedVersion, StepCacheEntry } from '../lake/step-cache.ts'
import type { CommitMeta, EnvState, StepRecord } from '../lake/types.ts'
import type { Computed } from './compute.ts'
import type { WrittenTable } from './events.ts'
import type { NewHead } from './new-head.ts'
import type { RunScope } from './scope.ts'

/** What the environment is to remember of a step. */
export function recordOf(
  scope: RunScope,
  findings: StepFindings,
  heads: Readonly<Record<string, NewHead>>,
  { result, queryDigests, incremental }: Pick<Computed, 'result' | 'queryDigests' | 'incremental'>,
  computedAt: string,
): Omit<StepRecord, 'commit'> {
  const { step, fingerprint, parts, inputs } = findings
  const absent = step.inputs.filter(
    ({ kind, handle }) => kind === 'table' && inputs.get(handle)?.kind === 'absent',
  )
  return {
    step: step.name,
    flow: scope.flow.name,
    notebook: step.file,
    fingerprint,
    parts,
    args: step.args,
    outputs: Object.fromEntries(Object.entries(heads).map(([table, { head }]) => [table, head.version])),
    ...(result !== undefined && { result }),
    ...(queryDigests && { queries: queryDigests }),
    ...(incremental && { incremental }),
    computedAt,
    run: scope.run,
    ...(absent.length > 0 && { absent: absent.map(({ name }) => name) }),
  }
}

/** Commits a step. Undefined when others moved its outputs meanwhile: then it is judged anew. */
export async function publish(
  scope: RunScope,
  findings: StepFindings,
  record: Omit<StepRecord, 'commit'>,
  heads: Readonly<Record<string, NewHead>>,
  kind: 'publish' | 'accept',
): Promise<WrittenTable[] | undefined> {
  const { step } = findings
  const key = stepKey(step, scope.flow.name)
  const changes = {
    heads: Object.fromEntries(Object.entries(heads).map(([table, { head }]) => [table, head])),
    steps: { [key]: record },
  }
  const meta: CommitMeta = {
    kind,
    run: scope.run,
    step: step.name,
    ...(step.overrides.length > 0 && { overrides: step.overrides }),
    detail: (await detailOf(findings)) as unknown as Json,
  }
  const before = findings.state.steps.get(key)?.commit
  let moved = false
  const { gone } = await scope.committer.commit(findings.state, changes, meta, (state) => {
    // A record that stood there before is what we were to replace: only one that came since is another run's.
    const theirs = state.steps.get(key)
    const isNew = theirs?.commit !== before
    if (theirs && isNew && isSame(theirs, record, findings)) return { adopt: true }
    // Of two deliveries at once nobody knows which came last to the target: it is looked at again.
    moved = step.sink
      ? isNew
      : step.outputs.some(
          ({ table }) => headCommit(state, table.name) !== headCommit(findings.state, table.name),
        )
    // Only inputs or other tables moved: what was computed is still what it says it is.
    return moved ? { adopt: true } : changes
  })
  if (moved || gone) return undefined
  return writtenTables(scope.committer.state(), heads)
}

/** Whether another run has done all that this one did, and nothing else. */
function isSame(theirs: StepRecord, ours: Omit<StepRecord, 'commit'>, findings: StepFindings): boolean {
  if (theirs.fingerprint !== ours.fingerprint) return false
  if (findings.step.sink) return digestOf(theirs.result ?? null) === digestOf(ours.result ?? null)
  // Where partitions are left, the fingerprint does not say which of them were computed.
  return findings.step.partition === undefined || ours.fingerprint === findings.fingerprint
}

function headCommit(state: EnvState, table: string): number | undefined {
  return state.heads.get(table)?.commit
}

function writtenTables(state: EnvState, heads: Readonly<Record<string, NewHead>>): WrittenTable[] {
  return Object.entries(heads).map(([table, { unchanged }]) => {
    const head = state.heads.get(table)
    return {
      table,
      version: head?.version ?? '',
      seq: head?.seq ?? 0,
      rows: head?.rows ?? 0,
      bytes: head?.bytes ?? 0,
      unchanged,
    }
  })
}

/** Keeps what was computed for other environments and checkouts. It is a cache: what cannot be kept is only told. */
export async function remember(
  scope: RunScope,
  findings: StepFindings,
  heads: Readonly<Record<string, NewHead>>,
  computed: Computed,
  computedAt: string,
): Promise<void> {
  const { step } = findings
  // A result that holds for a while holds elsewhere too; what is only untracked holds nowhere.
  const isUntracked = findings.untracked.length > 0 && step.expiresAfter === undefined
  if (step.volatile || isUntracked || step.outputs.length === 0) return
  try {
    await scope.workspace.lake.steps.put(await cacheEntry(scope, findings, heads, computed, computedAt), {
      replace: true,
    })
  } catch (error) {
    const [problem] = problemsOf(error) ?? []
    if (!problem) throw error
    const message = `its tables are published, but not known to other environments: ${problem.message}`
    scope.emit({ event: 'notice', level: 'warn', step: step.name, message })
  }
}

/** What others need to reuse a step, and to see that it is true. */
async function cacheEntry(
  { workspace, flow, run, committer }: RunScope,
  { step, fingerprint }: StepFindings,
  heads: Readonly<Record<string, NewHead>>,
  { result }: Computed,
  computedAt: string,
): Promise<StepCacheEntry> {
  const { lake, envName } = workspace
  const outputs = emptyRecord<CachedVersion>()
  for (const [table, { head }] of Object.entries(heads)) {
    const checksum = sealOf(await lake.manifests.read(head.manifest))
    outputs[table] = { manifest: head.manifest, version: head.version, checksum }
  }
  const commit = committer.state().steps.get(stepKey(step, flow.name))?.commit
  const by = { run, env: envName, host: hostname(), ...(commit !== undefined && { commit }) }
  return { format: 1, fingerprint, outputs, computedAt, ...(result !== undefined && { result }), by }
}
