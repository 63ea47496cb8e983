import type { Lake } from './lake.ts'
import { unlessProblem } from '../base/problem.ts'
import { filesOfHead } from './head-files.ts'
import type { Head } from './types.ts'
import { layout } from '../storage/layout.ts'

/**
 * The files of the version before, which a new Delta version removes. A head of very many files names none; where
 * its manifest is gone, the Delta log that was written so far says which there are.
 */
export async function filesBefore(
  lake: Lake,
  root: string,
  before: Head | undefined,
  number: number,
): Promise<Head['files']> {
  if (before === undefined) return []
  const known = await unlessProblem(() => filesOfHead(lake.storage, before))
  if (known) return known.filter(({ key }) => key.startsWith(root))
  return activeFiles(lake, root, number)
}

/** The files that a Delta log adds and does not remove up to a version. */
async function activeFiles({ storage }: Lake, root: string, number: number): Promise<Head['files']> {
  const active = new Map<string, number>()
  for (let at = 0; at < number; at++) {
    const text = Buffer.from((await storage.get(layout.deltaLog(root, at))) ?? '').toString('utf8')
    for (const line of text.split('\n').filter((each) => /^\{"(add|remove)":/.test(each))) {
      const action = JSON.parse(line) as { add?: Action; remove?: Action }
      const { path = '', size = 0 } = action.add ?? action.remove ?? {}
      const key = root + decodeURIComponent(path)
      if (action.add) active.set(key, size)
      else active.delete(key)
    }
  }
  return Array.from(active, ([key, bytes]) => ({ key, bytes }))
}

interface Action {
  readonly path?: string
  readonly size?: number
}
