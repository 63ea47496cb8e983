import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Rig } from '../run/rig.ts'
import { contentsOf, violations, type Contents, type Expected, type Together } from './checker.ts'
import { hookedRun, type Acknowledged, type HookedRun } from './hooked.ts'
import { sourceFile, sources, tablesByStep, threeSteps } from './three-steps.ts'

/** A first run into a new lake, and a run after a change of the source. */
export type Scenario = 'first' | 'second'

const kept = ['storage/lake', '.sluice']

/** A project that is put back to how it was for each trial. */
export class Lane {
  readonly rig: Rig
  /** What undisturbed runs make of the two sources. */
  readonly before: Contents
  readonly after: Contents
  private readonly backup: string
  private readonly together: Together
  private acknowledged: readonly Acknowledged[] = []
  private allowed: readonly Contents[] = []

  private constructor(rig: Rig, backup: string, before: Contents, after: Contents, together: Together) {
    this.rig = rig
    this.backup = backup
    this.before = before
    this.after = after
    this.together = together
  }

  /** `byRun`: the flow publishes all its tables in one commit. */
  static async open({ byRun = false }: { byRun?: boolean } = {}): Promise<Lane> {
    const rig = await Rig.open(threeSteps)
    if (byRun) await rig.edit('flows/orders.ts', "flow('orders')", "flow('orders', { publish: 'run' })")
    const backup = await mkdtemp(path.join(tmpdir(), 'sluice-kept-'))
    sound(await hookedRun(rig.folder))
    const before = await contentsOf(rig.folder)
    for (const folder of kept) await cp(rig.path(folder), path.join(backup, folder), copying)
    await rig.write({ [sourceFile]: sources.after })
    sound(await hookedRun(rig.folder))
    return new Lane(
      rig,
      backup,
      before,
      await contentsOf(rig.folder),
      byRun ? [tablesByStep.flat()] : tablesByStep,
    )
  }

  get folder(): string {
    return this.rig.folder
  }

  /** Puts the project back to before a run. */
  async begin(scenario: Scenario): Promise<void> {
    for (const folder of kept) await rm(this.rig.path(folder), { recursive: true, force: true })
    if (scenario === 'second')
      for (const folder of kept) await cp(path.join(this.backup, folder), this.rig.path(folder), copying)
    await this.change(scenario === 'first' ? 'before' : 'after')
    this.acknowledged = []
    this.allowed = scenario === 'first' ? [this.before] : [this.before, this.after]
  }

  /** Changes the source. */
  change(to: keyof typeof sources): Promise<void> {
    return this.rig.write({ [sourceFile]: sources[to] })
  }

  /** All that a run that was disturbed has left wrong. */
  violations(run?: HookedRun): Promise<string[]> {
    // A flow that publishes as a whole has published nothing until its run says so.
    const told = this.together.length > 1 || run?.lines.some(({ commit }) => commit !== undefined)
    if (run && told) this.acknowledged = [...this.acknowledged, ...run.acknowledged]
    const expected: Expected = {
      together: this.together,
      allowed: this.allowed,
      acknowledged: this.acknowledged,
    }
    return violations(this.folder, expected)
  }

  /** Runs again, undisturbed, until all is done; what is wrong then. */
  async recovered(source: keyof typeof sources, { twice = true } = {}): Promise<string[]> {
    const run = await hookedRun(this.folder)
    if (run.code !== 0) return [`a run afterwards ends with ${run.code}: ${run.out}${run.err}`]
    const found = await this.violations(run)
    const wanted = this[source]
    const contents = await contentsOf(this.folder)
    for (const [table, content] of Object.entries(wanted))
      if (contents[table] !== content) found.push(`${table} is ${contents[table]} afterwards, not ${content}`)
    if (!twice) return found
    const again = await hookedRun(this.folder)
    const ends = again.lines.filter(({ event }) => event === 'step-finished')
    if (ends.length !== 3 || ends.some(({ outcome }) => outcome !== 'fresh'))
      found.push(`a run with nothing to do does not say so: ${again.out}${again.err}`)
    return found
  }

  async close(): Promise<void> {
    await this.rig.close()
    await rm(this.backup, { recursive: true, force: true })
  }
}

const copying = { recursive: true, preserveTimestamps: true } as const

function sound(run: HookedRun): void {
  if (run.code !== 0) throw new Error(`an undisturbed run ends with ${run.code}: ${run.out}${run.err}`)
}

/** Does one thing after the other in each of two lanes, which share the list. */
export async function inLanes<T>(
  lanes: readonly Lane[],
  list: readonly T[],
  each: (lane: Lane, item: T) => Promise<void>,
): Promise<void> {
  const left = list.values()
  await Promise.all(
    lanes.map(async (lane) => {
      for (const item of left) await each(lane, item)
    }),
  )
}
