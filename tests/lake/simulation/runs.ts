import type { DeclaredStep } from '../../../src/flow/declared.ts'
import type { StepFindings } from '../../../src/freshness/findings.ts'
import { stepKey } from '../../../src/freshness/step-key.ts'
import type { Lake } from '../../../src/lake/lake.ts'
import { committerByRun, committerByStep } from '../../../src/run/committer.ts'
import { headOf } from '../../../src/run/new-head.ts'
import type { NewHead } from '../../../src/run/new-head.ts'
import { findReusable } from '../../../src/run/reuse.ts'
import type { RunScope } from '../../../src/run/scope.ts'
import { publish, recordOf, remember } from '../../../src/run/step-commit.ts'
import { layout } from '../../../src/storage/layout.ts'
import { pick } from '../../storage/chance.ts'
import { manifest as sample } from '../rig.ts'
import type { Actor } from './actor.ts'

/** Two steps: one that writes two tables, always in the same version, and one that writes one. */
const flow = {
  twins: ['a', 'b'],
  single: ['c'],
}

type Step = keyof typeof flow

/** Runs the flow once: each step publishes when it is done, or all in one commit. */
export async function runOnce(actor: Actor, envName: string, run: string, whole: boolean): Promise<void> {
  const lake = await actor.open()
  const env = actor.env(lake, envName)
  for (let round = 1; round <= 3; round++) {
    const least = actor.witness.visible(envName)
    const first = await env.opened(run)
    actor.witness.read(run, first, least)
    const committer = whole ? committerByRun(env, first) : committerByStep(env, first)
    const scope = {
      committer,
      run,
      flow: { name: 'sim' },
      workspace: { lake, envName },
      emit: () => undefined,
    } as unknown as RunScope
    const steps: Step[] = actor.world.random() < 0.5 ? ['twins', 'single'] : ['single', 'twins']
    for (const step of steps) await settle(actor, lake, scope, step)
    if (!(await committer.finish(run)).moved) return
  }
}

/** One step as `run/step.ts` has it, without processes: fresh, reused or computed, then published and remembered. */
async function settle(actor: Actor, lake: Lake, scope: RunScope, step: Step): Promise<void> {
  const fingerprint = `${step === 'twins' ? 'a' : 'c'}${pick(['1', '2', '3'], actor.world.random)}`.repeat(32)
  for (let round = 1; round <= 4; round++) {
    const findings = findingsOf(step, fingerprint, scope)
    const key = stepKey(findings.step, 'sim')
    if (findings.state.steps.get(key)?.fingerprint === fingerprint) return
    const reused = await reuse(actor, lake, findings)
    const heads = reused ?? (await computed(actor, lake, step, fingerprint))
    const record = recordOf(scope, findings, heads, { result: 1 }, '2026-01-01T00:00:00.000Z')
    if (!(await publish(scope, findings, record, heads, 'publish'))) continue
    // What somebody holds for done must be what the environment remembers.
    const kept = scope.committer.state().steps.get(key)?.fingerprint
    if (kept !== fingerprint)
      actor.witness.faults.push(
        `${scope.run} was told that ${step} is done, but its record is ${kept?.slice(0, 2)}`,
      )
    // The cache may fail: then the next run computes. It may also be told late, by a process that was stopped.
    if (actor.world.random() < 0.2) await actor.world.sleep(actor.world.random() * 1000)
    if (!reused) await remember(scope, findings, heads, { staged: [], result: 1 }, '2026-01-01T00:00:00.000Z')
    return
  }
}

function findingsOf(step: Step, fingerprint: string, scope: RunScope): StepFindings {
  const outputs = flow[step].map((name) => ({ handle: name, table: { name, columns: [], checks: [] } }))
  const declared = { name: step, file: 'x.ts', notebook: 'x', args: {}, overrides: [], inputs: [], outputs }
  const findings = {
    step: declared as unknown as DeclaredStep,
    fingerprint,
    parts: {},
    inputs: new Map(),
    sources: new Map(),
    untracked: [],
    code: { detail: async () => ({ symbols: {}, packages: [] }) },
    state: scope.committer.state(),
  }
  return findings as unknown as StepFindings
}

async function reuse(
  actor: Actor,
  lake: Lake,
  findings: StepFindings,
): Promise<Record<string, NewHead> | undefined> {
  const heads =
    actor.wrong === 'reuses without looking at cleanings'
      ? await foundAlone(lake, findings)
      : (await findReusable(lake, findings)).reusable?.heads
  if (heads === undefined) return undefined
  return Object.fromEntries(Object.entries(heads).map(([table, head]) => [table, { head, unchanged: false }]))
}

/** What the shared cache names, as long as it is there. */
async function foundAlone(
  lake: Lake,
  { fingerprint }: StepFindings,
): Promise<Record<string, ReturnType<typeof headOf>> | undefined> {
  const { entry } = await lake.steps.get(fingerprint)
  if (entry === undefined) return undefined
  const heads: Record<string, ReturnType<typeof headOf>> = {}
  for (const [table, { manifest }] of Object.entries(entry.outputs)) {
    if ((await lake.storage.stat(manifest)) === undefined) return undefined
    heads[table] = headOf(await lake.manifests.read(manifest), manifest)
  }
  return heads
}

async function computed(
  { world }: Actor,
  lake: Lake,
  step: Step,
  fingerprint: string,
): Promise<Record<string, NewHead>> {
  const version = world.newId(world.now())
  const heads: Record<string, NewHead> = {}
  await world.sleep(world.random() * 200)
  for (const table of flow[step]) {
    const key = layout.manifest('x', table, version)
    // No data files: to compare them takes a disk. The manifest stands for all that a version needs.
    const manifest = { ...sample, table, version, fingerprint, files: [] }
    await lake.manifests.write(key, manifest)
    heads[table] = { head: headOf(manifest, key), unchanged: false }
  }
  return heads
}
