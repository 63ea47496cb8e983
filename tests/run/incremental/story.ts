import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Changes, EnvState } from '../../../src/lake/types.ts'
import { layout } from '../../../src/storage/layout.ts'
import { randomFrom } from '../../storage/chance.ts'
import { StoryRig, type Wrong } from './kit.ts'

/** What came of a story. */
export interface Told {
  /** `after <what happened>: <table>`, for tables that were not what computing all anew gives. */
  readonly faults: readonly string[]
  /** How often steps went on from what their tables held, and why others were computed whole. */
  readonly byChanges: number
  readonly full: ReadonlyMap<string, number>
}

/** A random history of files, tables and code; after each run all tables are held against a full computation. */
export async function story(seed: number, moments: number, wrong: Wrong = {}): Promise<Told> {
  const rig = await StoryRig.open(wrong)
  try {
    return await new Story(rig, seed).tell(moments)
  } finally {
    await rig.close()
  }
}

class Story {
  private readonly rig: StoryRig
  private readonly chance: () => number
  private readonly rows: Record<string, string[]> = { 'items.csv': [], 'bag.csv': [] }
  private logs = 0
  private lines = 0

  constructor(rig: StoryRig, seed: number) {
    this.rig = rig
    this.chance = randomFrom(seed)
  }

  async tell(moments: number): Promise<Told> {
    const [faults, full] = [[] as string[], new Map<string, number>()]
    let byChanges = 0
    await mkdir(path.join(this.rig.folder, 'log'))
    for (const file of Object.keys(this.rows)) await this.change(file)
    await this.newLog()
    const happened = ['the beginning']
    for (let moment = 0; moment < moments; moment++) {
      const forced = this.below(12) === 0 ? [this.pick(this.rig.flow.steps)?.name ?? ''] : []
      try {
        const ends = await this.rig.run(forced)
        for (const { how } of Object.values(ends)) {
          if (how === 'changes') byChanges++
          else if (how !== undefined) full.set(how, (full.get(how) ?? 0) + 1)
        }
        faults.push(...(await this.rig.faults()).map((table) => `after ${happened.join(', ')}: ${table}`))
      } catch (error) {
        // A wrong variant may also break a contract.
        faults.push(`after ${happened.join(', ')}: ${String(error)}`)
      }
      if (faults.length > 0) break
      happened.length = 0
      for (let count = this.below(3); count >= 0; count--) happened.push(await this.happens())
    }
    return { faults, byChanges, full }
  }

  private async happens(): Promise<string> {
    const choice = this.below(22)
    if (choice < 6) return this.newLog()
    if (choice < 10) return this.change('items.csv')
    if (choice < 14) return this.change('bag.csv')
    if (choice === 14) return this.otherLog()
    if (choice === 15) return this.lessLogs()
    if (choice === 16) return this.codeChange()
    if (choice === 17) return this.rollback()
    if (choice === 18) return this.oldHead()
    if (choice === 19) return this.gc()
    if (choice === 20) return this.damage()
    return 'nothing'
  }

  private below(most: number): number {
    return Math.floor(this.chance() * most)
  }

  private pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)]
  }

  private row(id: number): string {
    return `${id},${this.below(5) === 0 ? '' : `c${this.below(6)}`},${this.below(8)}`
  }

  /** Rows come, go and change; a bag may hold a row several times, what is identified by its number may not. */
  private async change(file: string): Promise<string> {
    const rows = this.rows[file] ?? []
    const unique = file === 'items.csv'
    const kept = rows
      .filter(() => this.below(8) > 0)
      .map((row) => (this.below(6) === 0 ? this.row(parseInt(row, 10)) : row))
    const more = Array.from({ length: this.below(6) }, () => this.row(unique ? ++this.lines : this.below(4)))
    // Without a change that takes rows away, now and then.
    this.rows[file] = this.below(2) === 0 ? [...rows, ...more] : [...kept, ...more]
    await this.write(file, this.rows[file] ?? [])
    return `other rows in ${file}`
  }

  private async write(file: string, rows: readonly string[]): Promise<void> {
    await writeFile(path.join(this.rig.folder, file), ['id,customer,amount', ...rows, ''].join('\n'))
  }

  private async newLog(): Promise<string> {
    const file = `log/${String(++this.logs).padStart(4, '0')}.csv`
    await this.write(
      file,
      Array.from({ length: this.below(5) }, () => this.row(this.below(9))),
    )
    return `new ${file}`
  }

  private async logNames(): Promise<string[]> {
    return (await readdir(path.join(this.rig.folder, 'log'))).toSorted()
  }

  private async otherLog(): Promise<string> {
    const name = this.pick(await this.logNames()) ?? '0001.csv'
    await this.write(`log/${name}`, [this.row(1), this.row(2)])
    return `another ${name}`
  }

  private async lessLogs(): Promise<string> {
    const names = await this.logNames()
    const name = this.pick(names)
    if (names.length < 2 || name === undefined) return 'nothing'
    await rm(path.join(this.rig.folder, 'log', name))
    return `${name} gone`
  }

  private codeChange(): Promise<string> {
    const step = this.pick(this.rig.flow.steps)?.name ?? ''
    this.rig.code.set(step, (this.rig.code.get(step) ?? 0) + 1)
    return Promise.resolve(`other code of ${step}`)
  }

  /** Some earlier commit as a whole, with the records of then. */
  private async rollback(): Promise<string> {
    const now = await this.rig.state()
    const then = await this.rig.lake.env('dev').state(1 + this.below(now.commit))
    await this.set(now, {
      heads: Object.fromEntries([...now.heads.keys()].map((table) => [table, headOf(then, table)])),
      steps: Object.fromEntries([...now.steps.keys()].map((step) => [step, recordOf(then, step)])),
    })
    return `back to commit ${then.commit}`
  }

  /** One table as it was once; its step remembers what it wrote later. */
  private async oldHead(): Promise<string> {
    const now = await this.rig.state()
    const then = await this.rig.lake.env('dev').state(1 + this.below(now.commit))
    const table = this.pick([...then.heads.keys()])
    if (table === undefined) return 'nothing'
    await this.set(now, { heads: { [table]: headOf(then, table) }, steps: {} })
    return `${table} of commit ${then.commit}`
  }

  private async set(base: EnvState, changes: Changes): Promise<void> {
    await this.rig.lake.env('dev').tryCommit(base, changes, { kind: 'rollback', run: 'story' })
  }

  /** Versions that no head names are gone, with files that no head names. */
  private async gc(): Promise<string> {
    const { heads } = await this.rig.state()
    const needed = new Set(
      [...heads.values()].flatMap(({ manifest, files }) => [manifest, ...files.map(({ key }) => key)]),
    )
    const gone: string[] = []
    for await (const { key } of this.rig.lake.storage.list(layout.tables))
      if (!needed.has(key)) gone.push(key)
    await this.rig.lake.storage.delete(gone)
    return 'gc'
  }

  private async damage(): Promise<string> {
    const { heads } = await this.rig.state()
    const table = this.pick([...heads.keys()]) ?? ''
    const key = this.pick(heads.get(table)?.files ?? [])?.key
    if (key === undefined) return 'nothing'
    await this.rig.lake.storage.delete([key])
    return `a file of ${table} gone`
  }
}

function headOf({ heads }: EnvState, table: string): Changes['heads'][string] {
  const head = heads.get(table)
  if (!head) return null
  const { seq: _seq, commit: _commit, ...rest } = head
  return rest
}

/** A record says which commit has its details. */
function recordOf({ env, steps }: EnvState, step: string): Changes['steps'][string] {
  const record = steps.get(step)
  if (!record) return null
  const { commit, from = { env, commit }, ...rest } = record
  return { ...rest, from }
}
