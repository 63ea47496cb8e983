import { ProblemError, problemsOf, type Problem } from '../../base/problem.ts'
import type { DeclaredTable } from '../../contract/spec.ts'
import type { BoundInput } from '../engine.ts'
import { brokenSql } from './check-sql.ts'
import type { Connection } from './connection.ts'
import { Inserter } from './insert.ts'
import { quoteName } from './sql-text.ts'
import { typeSql } from './types.ts'
import { rowViolations } from './violations.ts'

/** Rows given to a session stand in tables of the instance, which the connections of its streams see too. */
export type GivenTables = ReadonlyMap<string, string>

/** Tells tables of sessions apart that share an instance. */
let numbered = 0

/** Makes a table for each input that is given as rows. Throws a ProblemError with all that breaks their contracts. */
export async function giveRows(connection: Connection, inputs: readonly BoundInput[]): Promise<GivenTables> {
  const tables = new Map<string, string>()
  const problems: Problem[] = []
  try {
    for (const input of inputs) {
      if (input.from.kind !== 'rows') continue
      const table = input.from.contract ?? anyRows(input)
      const name = await newTable(connection, table)
      tables.set(input.handle, name)
      problems.push(...(await insertGiven(connection, name, table, input.from.rows, subjectOf(input))))
    }
    if (problems.length === 0)
      for (const input of inputs) problems.push(...(await givenProblems(connection, input, tables)))
    if (problems.length > 0) throw new ProblemError(problems)
    return tables
  } catch (error) {
    await dropGiven(connection, tables)
    throw error
  }
}

export async function dropGiven(connection: Connection, tables: GivenTables): Promise<void> {
  for (const name of tables.values()) await connection.run(`DROP TABLE IF EXISTS ${tableSql(name)}`)
}

/** The rows of an input as SQL. */
export function tableSql(name: string): string {
  return `memory.main.${quoteName(name)}`
}

/**
 * Which checks of a table rows break, of those that look at a row alone: for each row their places in
 * `table.checks`. What columns must not be NULL is not looked at.
 */
export async function brokenConditions(
  connection: Connection,
  table: DeclaredTable,
  rows: readonly object[],
): Promise<number[][]> {
  const conditions = table.checks.flatMap((check, at) => {
    const broken = brokenSql(check, table)
    return broken === undefined ? [] : [{ broken, at }]
  })
  if (conditions.length === 0 || rows.length === 0) return rows.map(() => [])
  const loose = { ...relaxed(table), columns: [numberColumn, ...relaxed(table).columns] }
  const name = await newTable(connection, loose)
  try {
    const numberedRows = rows.map((row, at) => ({ ...row, [numberColumn.name]: at }))
    const problems = await insertGiven(connection, name, loose, numberedRows, `table '${table.name}'`)
    if (problems.length > 0) throw new ProblemError(problems)
    const tests = conditions.map(({ broken, at }) => `(${broken}) AS c${at}`)
    const found = await connection.rows(
      `SELECT ${[quoteName(numberColumn.name), ...tests].join(', ')} FROM ${tableSql(name)} ORDER BY 1`,
    )
    return found.map((row) => conditions.flatMap(({ at }) => (row[`c${at}`] === true ? [at] : [])))
  } finally {
    await connection.run(`DROP TABLE ${tableSql(name)}`)
  }
}

/** No column of a contract has such a name. */
const numberColumn = { name: '\u0001number', type: 'INTEGER', nullable: false }

function subjectOf({ name }: BoundInput): string {
  return `input table '${name}'`
}

/** The columns of an input without any promise. */
function anyRows({ name, columns }: BoundInput): DeclaredTable {
  return relaxed({ name, columns, key: [], checks: [] })
}

function relaxed(table: DeclaredTable): DeclaredTable {
  return { ...table, key: [], columns: table.columns.map((column) => ({ ...column, nullable: true })) }
}

async function newTable(connection: Connection, { columns }: DeclaredTable): Promise<string> {
  const name = `@given ${++numbered}`
  const list = columns.map((column) => `${quoteName(column.name)} ${typeSql(column.type)}`)
  await connection.run(`CREATE TABLE ${tableSql(name)} (${list.join(', ')})`)
  return name
}

async function insertGiven(
  connection: Connection,
  name: string,
  table: DeclaredTable,
  rows: readonly object[],
  subject: string,
): Promise<readonly Problem[]> {
  try {
    await connection.exclusive(async () => {
      const appender = await connection.raw.createAppender(name, 'main', 'memory')
      const inserter = new Inserter(table, appender, subject)
      try {
        inserter.add(rows)
      } finally {
        inserter.finish()
      }
    })
    return []
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    return problems
  }
}

async function givenProblems(
  connection: Connection,
  input: BoundInput,
  tables: GivenTables,
): Promise<readonly Problem[]> {
  const { from, handle } = input
  const relation = tables.get(handle)
  if (from.kind !== 'rows' || !from.contract || relation === undefined) return []
  const others = givenOthers(from.others ?? {}, tables)
  const ruled = { table: from.contract, subject: subjectOf(input), relation: tableSql(relation), others }
  return rowViolations(connection, ruled, true)
}

/** The tables behind inputs that stand for other tables of checks, as SQL, by table. */
export function givenOthers(
  others: { readonly [table: string]: string },
  tables: GivenTables,
): Record<string, string> {
  const known = Object.entries(others).flatMap(([table, handle]) => {
    const name = tables.get(handle)
    return name === undefined ? [] : [[table, tableSql(name)]]
  })
  return Object.fromEntries(known) as Record<string, string>
}
