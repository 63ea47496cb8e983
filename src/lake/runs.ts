import { InternalError, ProblemError } from '../base/problem.ts'
import { isVersionId, newVersionId, timePrefix } from './version-id.ts'
import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/** The records of runs in a lake: texts under `runs/<run>/`, such as `summary.json` and `events.jsonl`. */
export interface Runs {
  /** A new run id, in the order of time. */
  newId(): string
  /** Creates or replaces a file of a run. */
  put(run: string, file: string, text: string): Promise<void>
  /** The text of a file of a run, or undefined when there is none. */
  read(run: string, file: string): Promise<string | undefined>
  /** Run ids, newest first, at most `limit` (default 20). */
  list(options?: { readonly limit?: number }): Promise<string[]>
}

/** How far back runs are looked for, in days, until there are enough. */
const lookBack = [1, 7, 30, 365, Infinity]
const day = 24 * 60 * 60 * 1000

/** The run records in a storage. */
export function runsIn(storage: Storage, now: () => number = Date.now): Runs {
  /** The runs since a time. After the first file of a run the listing jumps over its others. */
  async function since(ms: number): Promise<string[]> {
    const found: string[] = []
    for (let after = `${layout.runs}${timePrefix(ms)}`; ;) {
      const run = await firstRun(storage, after)
      if (run === undefined) return found
      if (isVersionId(run)) found.push(run)
      after = `${layout.runFolder(run)}~`
    }
  }
  return {
    newId: () => newVersionId(now()),
    async put(run, file, text) {
      await storage.put(keyOf(run, file), Buffer.from(text))
    },
    async read(run, file) {
      const bytes = await storage.get(keyOf(run, file))
      return bytes && Buffer.from(bytes).toString('utf8')
    },
    async list({ limit = 20 } = {}) {
      let runs: string[] = []
      for (const days of lookBack) {
        runs = await since(days === Infinity ? 0 : now() - days * day)
        if (runs.length >= limit) break
      }
      return runs.toReversed().slice(0, limit)
    },
  }
}

async function firstRun(storage: Storage, after: string): Promise<string | undefined> {
  for await (const { key } of storage.list(layout.runs, { after })) return key.split('/')[1]
  return undefined
}

function keyOf(run: string, file: string): string {
  if (!isVersionId(run)) {
    const message = `'${run}' is not the id of a run`
    throw new ProblemError({
      code: 'project/name-invalid',
      message,
      hint: 'run ids have 26 digits and letters',
    })
  }
  const good = file.split('/').every((part) => /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(part))
  if (!good) throw new InternalError(`'${file}' cannot be the name of a file of a run`)
  return layout.run(run, file)
}
