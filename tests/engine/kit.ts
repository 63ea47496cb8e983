import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { problemsOf, type Problem } from '../../src/base/problem.ts'
import type { Columns } from '../../src/contract/column.ts'
import { renderQuery } from '../../src/contract/render.ts'
import { declareTable } from '../../src/contract/declare.ts'
import type { SourceFormat } from '../../src/contract/source-forms.ts'
import type { CsvDialect } from '../../src/contract/source.ts'
import type { DeclaredColumn, DeclaredTable } from '../../src/contract/spec.ts'
import { Relation, sql, type Sql } from '../../src/contract/sql.ts'
import type { AdHocTables } from '../../src/engine/duckdb/ad-hoc-tables.ts'
import { table as makeTable, type TableOptions } from '../../src/contract/table.ts'
import { openDuckDb } from '../../src/engine/duckdb/open.ts'
import type {
  Batch,
  BoundInput,
  Engine,
  OutputTarget,
  Session,
  SessionRequest,
  StagedOutput,
} from '../../src/engine/engine.ts'

/** An engine and a folder of its own for a test file. */
export interface Rig {
  readonly engine: Engine
  readonly folder: string
  /** A new empty folder. */
  fresh(): Promise<string>
  /** Writes a file and gives its path. */
  file(name: string, content: string | Uint8Array): Promise<string>
  close(): Promise<void>
}

export async function openRig(threads = 2): Promise<Rig> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-engine-'))
  const engine = await openDuckDb({ memory: '1GB', threads, tempFolder: path.join(folder, 'spill') })
  let count = 0
  const fresh = async () => {
    const made = path.join(folder, `out-${++count}`)
    await mkdir(made, { recursive: true })
    return made
  }
  return {
    engine,
    folder,
    fresh,
    async file(name, content) {
      const file = path.join(await fresh(), name)
      await writeFile(file, content)
      return file
    },
    async close() {
      await engine.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function declared(columns: Columns): DeclaredColumn[] {
  return Object.entries(columns).map(([name, column]) => ({ name, ...column.spec }))
}

/** A table's contract as it crosses processes. */
export function contract(name: string, columns: Columns, options: TableOptions<Columns> = {}): DeclaredTable {
  return declareTable(makeTable(name, columns, options).origin, () => undefined)
}

export function parquetInput(
  handle: string,
  columns: Columns,
  files: readonly string[],
  more: Partial<BoundInput> = {},
): BoundInput {
  return { handle, name: handle, columns: declared(columns), from: { kind: 'parquet', files }, ...more }
}

export interface SourceOptions {
  readonly format?: SourceFormat
  readonly dialect?: CsvDialect
  readonly extra?: 'error' | 'ignore'
  readonly pick?: readonly string[]
}

export function sourceInput(
  handle: string,
  columns: Columns,
  files: readonly string[],
  options: SourceOptions = {},
): BoundInput {
  const all = declared(columns)
  const { format = 'csv', dialect = {}, extra = 'error', pick } = options
  const source = { name: handle, format, paths: [], dialect, extra, columns: all }
  const columnsSeen = pick ? all.filter(({ name }) => pick.includes(name)) : all
  return { handle, name: handle, columns: columnsSeen, from: { kind: 'source', source, files } }
}

/** A handle as notebooks have it. */
export function handle(name: string): Relation {
  return new Relation(name, [])
}

/** One session with one output `out`, closed afterwards. */
export async function withSession<T>(
  rig: Rig,
  request: Partial<SessionRequest>,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await rig.engine.session({ inputs: [], outputs: [], volatile: false, ...request })
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

/** Writes one query to one table and gives what was staged, with the path of its file. */
export async function writeQuery(
  rig: Rig,
  table: DeclaredTable,
  query: Sql,
  more: { inputs?: readonly BoundInput[]; others?: OutputTarget['others']; volatile?: boolean } = {},
): Promise<StagedOutput & { readonly path: string }> {
  const folder = await rig.fresh()
  const { others, ...request } = more
  const output = { handle: 'out', table, folder, ...(others && { others }) }
  return withSession(rig, { ...request, outputs: [output] }, async (session) => {
    await session.write('out', renderQuery(query))
    const [staged] = await session.finish()
    return { ...staged!, path: path.join(folder, staged!.files[0]!.name) }
  })
}

/** Writes rows and gives the file. */
export async function writeRows(rig: Rig, table: DeclaredTable, rows: readonly object[]): Promise<string> {
  const folder = await rig.fresh()
  return withSession(rig, { outputs: [{ handle: 'out', table, folder }] }, async (session) => {
    await session.insert('out', rows)
    const [staged] = await session.finish()
    return path.join(folder, staged!.files[0]!.name)
  })
}

export async function rowsOf(batches: AsyncIterable<Batch>): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  for await (const { rows: count, names, columns } of batches) {
    for (let at = 0; at < count; at++)
      rows.push(Object.fromEntries(names.map((name, column) => [name, columns[column]![at]])))
  }
  return rows
}

/** The rows of an input. */
export function readAll(rig: Rig, input: BoundInput): Promise<Record<string, unknown>[]> {
  return withSession(rig, { inputs: [input] }, (session) => rowsOf(session.read(input.handle)))
}

/** The rows of a query over inputs. */
export function queryAll(
  rig: Rig,
  query: Sql,
  inputs: readonly BoundInput[] = [],
): Promise<Record<string, unknown>[]> {
  return withSession(rig, { inputs }, (session) => rowsOf(session.query(renderQuery(query))))
}

/** The Problems that work is refused with. */
export async function problemsIn(work: Promise<unknown>): Promise<readonly Problem[]> {
  try {
    await work
  } catch (error) {
    const problems = problemsOf(error)
    if (problems) return problems
    throw error
  }
  throw new Error('the work was not refused')
}

/** Codes and messages in one text each. */
export function told(problems: readonly Problem[]): string[] {
  return problems.map(({ code, message }) => `${code}: ${message}`)
}

export { sql }

/** Tables by name with their files, as an ad-hoc query takes them. */
export function listed(tables: { readonly [name: string]: readonly string[] }): AdHocTables {
  return {
    names: Object.keys(tables),
    version: (name) => Promise.resolve({ files: tables[name] ?? [], columns: [] }),
  }
}
