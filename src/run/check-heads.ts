import { mkdtemp } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { problemsOf, type Problem } from '../base/problem.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import type { CheckResult, Engine } from '../engine/engine.ts'
import type { Lake } from '../lake/lake.ts'
import type { EnvState } from '../lake/types.ts'
import { checkTable } from './check-table.ts'
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
 * Holds the tables that the flows of a project write against their contracts: all checks over the
 * newest version of each. Tables that were never written are listed without a version.
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
      if (state === undefined || head === undefined || place.lake === undefined)
        checked.push({ table: table.name, problems: [] })
      else checked.push(await checkHead(place.lake, await engine(), state, table))
    }
    return checked
  } finally {
    await (await opened)?.close()
    await place.close()
  }
}

/** The tables that the flows of a project write. */
export async function checkableTables(options: ProjectOptions): Promise<DeclaredTable[]> {
  return chosen(await declaredFlows(options), [])
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

async function checkHead(
  lake: Lake,
  engine: Engine,
  state: EnvState,
  table: DeclaredTable,
): Promise<TableChecked> {
  const told = { table: table.name, rows: state.heads.get(table.name)?.rows ?? 0 }
  try {
    const { seq, checks } = await checkTable({ engine, lake, state }, table)
    return { ...told, ...(seq !== undefined && { seq }), problems: checks.flatMap(problemOf) }
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    return { ...told, seq: state.heads.get(table.name)?.seq ?? 0, problems }
  }
}

function problemOf({ check, table, outcome, message, where }: CheckResult): Problem[] {
  if (outcome === 'passed' || outcome === 'skipped') return []
  return [
    {
      code: 'contract/check',
      ...(outcome === 'warned' && { severity: 'warn' as const }),
      message: message ?? `table '${table}' breaks the check '${check}'`,
      ...(where && { where }),
    },
  ]
}
