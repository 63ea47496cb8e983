import path from 'node:path'
import { openLake } from '../../../src/lake/lake.ts'
import type { Lake } from '../../../src/lake/lake.ts'
import { openLake as openTables } from '../../../src/run/open-lake.ts'
import { localStorage } from '../../../src/storage/local.ts'

/** What a reader looks at, each time it looks. */
export type Kind =
  /** The heads of the newest state, by a lake that stays open, and by one that was just opened. */
  | 'states'
  /** The files of both heads of a state, compared with their manifests. */
  | 'files'
  /** One query of DuckDB over both tables. */
  | 'queries'
  /** Wrong: the head of each table from a state of its own. */
  | 'two-states'

export interface ReaderReport {
  readonly kind: string
  readonly reads: number
  readonly faults: readonly string[]
}

/** One look: the number of the commit, and the stamps of the twins. */
interface Seen {
  readonly commit: number
  readonly stamps: readonly string[]
}

const twins = ['twin_a', 'twin_b']

/** Looks again and again until it is told to stop. */
export async function read(project: string, kind: Kind, stopped: () => boolean): Promise<ReaderReport> {
  const root = path.join(project, 'storage/lake')
  const faults: string[] = []
  let last = 0
  let reads = 0
  const warm = await openLake(localStorage(root))
  const stamps = await stampsOf(warm)
  const tables = await openTables({ projectRoot: project })
  const look: { readonly [K in Kind]: () => Promise<Seen> } = {
    states: async () => seenIn(reads % 2 === 0 ? warm : await openLake(localStorage(root)), stamps),
    files: async () => {
      const { heads, commit } = await warm.env('dev').state()
      const found = Array.from(heads, async ([table, head]) => {
        await warm.headFiles(table, head)
        return stamps.get(head.version) ?? 'none'
      })
      return { commit, stamps: await Promise.all(found) }
    },
    queries: async () => {
      const { rows } = await tables.query(
        'SELECT (SELECT any_value(n) FROM twin_a), (SELECT any_value(n) FROM twin_b)',
      )
      const found: string[] = []
      for await (const row of rows) found.push(...row.map(String))
      return { commit: last, stamps: found }
    },
    'two-states': async () => {
      const found: string[] = []
      for (const twin of twins) {
        const { heads } = await warm.env('dev').state()
        found.push(stamps.get(heads.get(twin)?.version ?? '') ?? 'none')
      }
      return { commit: last, stamps: found }
    },
  }
  for (; !stopped() || reads < 2; reads++) {
    try {
      const seen = await look[kind]()
      if (seen.commit < last) faults.push(`commit ${seen.commit} was read after commit ${last}`)
      if (seen.stamps.length !== 2 || seen.stamps[0] !== seen.stamps[1])
        faults.push(`commit ${seen.commit}: the twins are ${seen.stamps.join(' and ')}`)
      last = seen.commit
    } catch (error) {
      faults.push(`${kind}: ${String(error)}`)
    }
  }
  await tables.close()
  return { kind, reads, faults: faults.slice(0, 20) }
}

async function seenIn(lake: Lake, stamps: ReadonlyMap<string, string>): Promise<Seen> {
  const { heads, commit } = await lake.env('dev').state()
  return { commit, stamps: twins.map((twin) => stamps.get(heads.get(twin)?.version ?? '') ?? 'none') }
}

/** Which stamp the rows of a version have: the commits at the beginning were made with one after the other. */
async function stampsOf(lake: Lake): Promise<Map<string, string>> {
  const stamps = new Map<string, string>()
  for await (const { heads, number } of lake.env('dev').history())
    for (const head of Object.values(heads)) if (head) stamps.set(head.version, String(Math.ceil(number / 2)))
  return stamps
}
