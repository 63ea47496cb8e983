import path from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { ProblemError } from '../../src/base/problem.ts'
import { allEnvironments } from '../../src/lake/environments.ts'
import { openLake, type Lake } from '../../src/lake/lake.ts'
import { verifyLake } from '../../src/lake/verify-lake.ts'
import { localStorage } from '../../src/storage/local.ts'
import type { Acknowledged } from './hooked.ts'

/** The content of tables, by name: number of rows and a digest that does not depend on their order. */
export type Contents = Readonly<Record<string, string>>

/** Lists of tables that are published together. */
export type Together = readonly (readonly string[])[]

export interface Expected {
  readonly together: Together
  /** What runs that nothing disturbs make of the sources that there were. */
  readonly allowed: readonly Contents[]
  /** What runs said to be published, in order. */
  readonly acknowledged: readonly Acknowledged[]
}

let connection: Promise<DuckDBConnection> | undefined

async function connected(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  return instance.connect()
}

/** Reads every table of an environment the way readers do: the head's manifest, then the files that it names. */
export async function contentsOf(folder: string): Promise<Contents> {
  const lake = await openLake(storageOf(folder), { create: false })
  try {
    return await contentsIn(lake)
  } finally {
    await lake.close()
  }
}

/** All that must never be, whenever a process dies: in words, none when all is well. */
export async function violations(folder: string, expected: Expected): Promise<string[]> {
  const storage = storageOf(folder)
  if ((await storage.stat('sluice.json')) === undefined)
    return expected.acknowledged.map(({ table }) => `the lake is gone, but ${table} was said to be published`)
  const lake = await openLake(storage, { create: false }).catch(told)
  if (!('env' in lake)) return lake
  try {
    const found: string[] = []
    for (const look of [damage, lost, torn]) found.push(...(await look(lake, expected).catch(told)))
    return found
  } finally {
    await lake.close()
  }
}

function told(error: unknown): string[] {
  if (!(error instanceof ProblemError)) throw error
  return error.problems.map(({ code, message }) => `a reader is told ${code}: ${message}`)
}

/** Logs, checkpoints, manifests and files that are not as they were written. */
async function damage(lake: Lake): Promise<string[]> {
  const report = await verifyLake(lake, { history: true })
  const problems = [...report.logProblems, ...report.damaged.flatMap(({ problems }) => problems)]
  return problems.map(({ message }) => message)
}

/** Versions that were said to be published, and that no commit of the log names. */
async function lost(lake: Lake, { acknowledged }: Expected): Promise<string[]> {
  const committed = new Set<string | undefined>()
  for (const env of await allEnvironments(lake.storage)) {
    for await (const { heads } of lake.env(env).history())
      for (const head of Object.values(heads)) committed.add(head?.version)
  }
  return acknowledged
    .filter(({ version }) => !committed.has(version))
    .map(({ table, version }) => `${table} ${version} was said to be published, and no commit names it`)
}

/** Tables that hold what no run makes, and tables of one step that come from different runs. */
async function torn(lake: Lake, { allowed, together }: Expected): Promise<string[]> {
  const contents = await contentsIn(lake)
  return together.flatMap((tables) => {
    const now = tables.map((table) => contents[table])
    const whole = [...allowed, {} as Contents].some((state) =>
      tables.every((table, at) => state[table] === now[at]),
    )
    return whole
      ? []
      : [`${tables.join(' and ')} hold what no run has made of the sources: ${now.join(' and ')}`]
  })
}

async function contentsIn(lake: Lake): Promise<Contents> {
  const contents: Record<string, string> = {}
  for (const [table, head] of (await lake.env('dev').state()).heads) {
    const { files } = await lake.manifests.read(head.manifest)
    const paths = await Promise.all(files.map(({ key }) => lake.storage.localPath(key)))
    const list = paths.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ')
    const digest = "SELECT count(*) || ' rows ' || sum(hash(t)) FROM read_parquet([" + list + ']) AS t'
    const [row] = await (
      await (connection ??= connected())
    )
      .runAndReadAll(digest)
      .then((read) => read.getRows())
    contents[table] = String(row?.[0])
  }
  return contents
}

function storageOf(folder: string) {
  return localStorage(path.join(folder, 'storage/lake'))
}
