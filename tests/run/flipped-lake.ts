import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import { problemsOf } from '../../src/base/problem.ts'
import { openLake, type Lake } from '../../src/lake/lake.ts'
import { seal } from '../../src/lake/sealed.ts'
import { verifyFiles } from '../../src/lake/verify.ts'
import { verifyLake } from '../../src/lake/verify-lake.ts'
import { layout } from '../../src/storage/layout.ts'
import { localStorage } from '../../src/storage/local.ts'
import { flipped, harm, keysIn, truncated } from '../lake/flips.ts'
import { pick, randomFrom } from '../storage/chance.ts'
import { emptyProject, publishTable } from './lake-rig.ts'

const columns = [
  { name: 'id', type: 'BIGINT', nullable: false },
  { name: 'note', type: 'VARCHAR', nullable: true },
]

export const lakeFolder = (root: string) => path.join(root, 'storage/lake')
const openedAt = (root: string) => openLake(localStorage(lakeFolder(root)))

/** A project whose lake holds three tables in two environments, a history, checkpoints, and caches. */
export async function busyLake(): Promise<string> {
  const root = await emptyProject()
  const rows = (n: number) => `SELECT i::BIGINT AS id, md5(i::VARCHAR) AS note FROM range(${n}) r(i)`
  for (let n = 1; n <= 8; n++)
    for (const table of ['bronze.a', 'silver.b', 'gold.c'])
      await publishTable(root, table, columns, rows(n * 20), { step: [table] })
  await publishTable(root, 'bronze.a', columns, rows(7), { env: 'prod', step: ['bronze.a'] })
  const lake = await openedAt(root)
  for (const [table, { manifest, version }] of (await lake.env('dev').state()).heads) {
    const fingerprint = Buffer.from(table).toString('hex').padEnd(64, '0')
    await lake.steps.put({
      format: 1,
      fingerprint,
      outputs: { [table]: { manifest, version } },
      computedAt: '2026-01-01',
    })
    const digest = { format: 1, columns: [], engine: 'duckdb', digest: 'ab'.repeat(32) }
    await lake.storage.put(layout.contentDigest(manifest, '0123456789'), seal(digest))
  }
  await lake.close()
  return root
}

/** What looks for damage in a lake: it gives all that it says. */
export type Look = (lake: Lake) => Promise<string>

export const verified: Look = async (lake) => {
  const { logProblems, damaged, spare } = await verifyLake(lake, { history: true })
  const problems = [...logProblems, ...damaged.flatMap((each) => each.problems), ...spare.problems]
  return problems.map(({ code, message }) => `${code}: ${message}`).join('\n')
}

/** The negative control: sizes alone, and whether JSON parses. */
export const bySize: Look = async (lake) => {
  const said: string[] = []
  for await (const { key } of lake.storage.list('')) {
    if (!key.endsWith('.json')) continue
    try {
      const value: unknown = JSON.parse(Buffer.from((await lake.storage.get(key)) ?? []).toString())
      if (layout.isOfVersion(key) && key.endsWith('manifest.json'))
        for (const problem of await verifyFiles(lake.storage, value as never)) said.push(problem.message)
    } catch {
      said.push(key)
    }
  }
  return said.join('\n')
}

/** What people are told of a lake; a lake that cannot be opened tells it too. */
export async function toldOf(root: string, look: Look): Promise<string> {
  try {
    const lake = await openedAt(root)
    try {
      return await look(lake)
    } finally {
      await lake.close()
    }
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    return problems.map(({ code, message }) => `${code}: ${message}`).join('\n')
  }
}

/** The objects whose damage must be found: all but the hint, which is never trusted. */
export async function guarded(root: string): Promise<string[]> {
  return (await keysIn(lakeFolder(root))).filter((key) => !key.endsWith('hint.json'))
}

/** Harms one object after the other, and gives those of which `look` did not tell by name. */
export async function missed(
  root: string,
  { flips = 0, cuts = 0, seed }: { flips?: number; cuts?: number; seed: number },
  look: Look,
): Promise<string[]> {
  const random = randomFrom(seed)
  const keys = await guarded(root)
  const unseen: string[] = []
  for (let n = 0; n < flips + cuts; n++) {
    const key = pick(keys, random)
    const change = n < flips ? flipped(random) : truncated(random)
    const undo = await harm(path.join(lakeFolder(root), key), change)
    if (!(await toldOf(root, look)).includes(`'${key}'`)) unseen.push(key)
    await undo()
  }
  return unseen
}

/** Adds an object behind our back. */
export function addFile(root: string, key: string): Promise<void> {
  return appendFile(path.join(lakeFolder(root), key), 'PAR1')
}
