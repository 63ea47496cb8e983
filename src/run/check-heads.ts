import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { problemsOf, type Problem } from '../base/problem.ts'
import { tablesInChecks } from '../contract/check-form.ts'
import { renderQuery } from '../contract/render.ts'
import { Relation, sql } from '../contract/sql.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import type { Engine } from '../engine/engine.ts'
import type { EnvState, Head } from '../lake/types.ts'
import { declaredFlows } from './lake-declared.ts'
import { openPlace, type LakePlace } from './lake-place.ts'
import type { ProjectOptions } from './options.ts'
import { engineMemory } from './pool.ts'
import { spillFolder } from './spill.ts'

/** A published table held against its contract of today. */
export interface TableChecked {
  readonly table: string
  /** `silver.trips@3`; left out when the environment does not have the table. */
  readonly seq?: number
  readonly rows?: number
  readonly problems: readonly Problem[]
}

/**
 * Holds the tables that the flows of a project write against their contracts: the newest version of each, as the
 * step that writes it would. Tables that were never written are listed without a version.
 *
 * @param filters parts of names; all tables when there are none
 * @throws ProblemError when the project or a flow is not valid
 */
export async function checkHeads(
  options: ProjectOptions,
  filters: readonly string[] = [],
): Promise<TableChecked[]> {
  const place = await openPlace(options)
  let opened: Promise<Engine> | undefined
  const engine = () => (opened ??= openEngine(place))
  try {
    const state = await place.state()
    const tables = chosen(await declaredFlows(options), filters)
    const checked: TableChecked[] = []
    for (const table of tables) {
      const head = state?.heads.get(table.name)
      if (state === undefined || head === undefined) checked.push({ table: table.name, problems: [] })
      else checked.push(await checkHead(place, await engine(), state, table, head))
    }
    return checked
  } finally {
    await (await opened)?.close()
    await place.close()
  }
}

function chosen(
  flows: Awaited<ReturnType<typeof declaredFlows>>,
  filters: readonly string[],
): DeclaredTable[] {
  const tables = flows.flatMap(({ steps }) =>
    steps.flatMap(({ outputs }) => outputs.map(({ table }) => table)),
  )
  const unique = [...new Map(tables.map((table) => [table.name, table])).values()]
  if (filters.length === 0) return unique
  return unique.filter(({ name }) => filters.some((filter) => name.includes(filter)))
}

async function openEngine({ project }: LakePlace): Promise<Engine> {
  const { openDuckDb } = await import('../engine/duckdb/open.ts')
  const tempFolder = await mkdtemp(path.join(spillFolder(project.root), 'test-'))
  return openDuckDb({
    memory: `${Math.floor(engineMemory(project.config.memory) / 1e6)}MB`,
    threads: availableParallelism(),
    tempFolder,
  })
}

/** Writes the rows once more, into a folder that goes: every check runs as it does in a step. */
async function checkHead(
  place: LakePlace,
  engine: Engine,
  state: EnvState,
  table: DeclaredTable,
  head: Head,
): Promise<TableChecked> {
  const told = { table: table.name, seq: head.seq, rows: head.rows }
  const folder = await mkdtemp(path.join(spillFolder(place.project.root), 'test-'))
  const others = tablesInChecks(table).filter((name) => state.heads.has(name))
  try {
    const files = await filesOf(place, head)
    const session = await engine.session({
      inputs: [
        { handle: 'self', name: table.name, columns: table.columns, from: { kind: 'parquet', files } },
      ],
      outputs: [
        {
          handle: 'self',
          table,
          folder,
          others: Object.fromEntries(
            await Promise.all(
              others.map(
                async (name) => [name, await filesOf(place, state.heads.get(name) as Head)] as const,
              ),
            ),
          ),
        },
      ],
      volatile: false,
    })
    try {
      await session.write('self', renderQuery(sql`SELECT * FROM ${new Relation('self', [])} AS t`))
      await session.finish()
      return { ...told, problems: [] }
    } finally {
      await session.close()
    }
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    const asTable = (message: string) => message.replace(/^(?:output|input) table /, 'table ')
    return {
      ...told,
      problems: problems.map((problem) => ({ ...problem, message: asTable(problem.message) })),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function filesOf({ lake }: LakePlace, head: Head): Promise<string[]> {
  return Promise.all(head.files.map(async ({ key }) => (await lake?.storage.localPath(key)) ?? ''))
}
