import { ProblemError, type Problem } from '../../base/problem.ts'
import { askedText } from '../../contract/check-text.ts'
import type { DeclaredCheck, DeclaredColumn, DeclaredTable } from '../../contract/spec.ts'
import { brokenSql, conditionSql } from './check-sql.ts'
import type { Connection } from './connection.ts'
import { FaultError, firstLine } from './faults.ts'
import { keywords, useOf, type Functions } from './functions.ts'
import { quoteName } from './sql-text.ts'
import { walkQuery } from './scope.ts'
import { parseQuery, textIn, type TreeNode } from './tree.ts'
import { typeSql } from './types.ts'

/**
 * The Problems of a table's checks: a condition must be one expression over the columns of a row, true, false or
 * NULL, without queries, aggregates, parameters, or functions whose result changes.
 */
export async function checkProblems(
  connection: Connection,
  functions: Functions,
  table: DeclaredTable,
): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const check of table.checks) {
    const fault =
      (check.kind === 'row' ? await syntaxFault(connection, functions, table, check.condition) : undefined) ??
      (await bindFault(connection, table, check))
    if (fault === undefined) continue
    const where = check.where ?? table.where
    const at = 'column' in check && check.column !== undefined ? `column '${check.column}': ` : ''
    const called = check.named ? check.name : askedText(check)
    problems.push({
      code: 'contract/check',
      message: `table '${table.name}': ${at}the check '${called}' ${fault}`,
      ...(where && { where }),
    })
  }
  return problems
}

async function syntaxFault(
  connection: Connection,
  functions: Functions,
  table: DeclaredTable,
  condition: string,
): Promise<string | undefined> {
  const parsed = await parseQuery(connection, `SELECT ${conditionSql(condition)}`)
  if (!('node' in parsed)) return `does not parse: ${parsed.message}`
  const { node } = parsed
  const list = node['select_list']
  const empty = (node['from_table'] as TreeNode | undefined)?.['type'] === 'EMPTY'
  const bare = ['where_clause', 'having', 'qualify', 'sample'].every((key) => !node[key])
  const single = Array.isArray(list) && list.length === 1 && (node['modifiers'] as unknown[]).length === 0
  if (!empty || !bare || !single) return 'is not one expression'
  const columns = new Set(table.columns.map(({ name }) => name.toLowerCase()))
  let fault: string | undefined
  walkQuery(list, (piece) => {
    fault ??= columnFault(piece, columns) ?? pieceFault(piece, functions)
  })
  return fault
}

/** Words such as current_date look like columns; they are calls when the table has no such column. */
function columnFault(piece: TreeNode, columns: ReadonlySet<string>): string | undefined {
  if (piece['class'] !== 'COLUMN_REF') return undefined
  const names = piece['column_names'] as readonly string[]
  const name = names[0]?.toLowerCase() ?? ''
  if (names.length > 1 || columns.has(name) || !keywords.has(name)) return undefined
  return `calls ${name}, whose result changes`
}

/** Functions that stand where an expression does and give several rows. */
const makesRows = new Set(['unnest', 'unlist', 'generate_subscripts', 'regexp_split_to_table'])

function pieceFault(piece: TreeNode, functions: Functions): string | undefined {
  const { class: kind } = piece
  if (kind === 'SUBQUERY') return 'holds a query'
  if (kind === 'PARAMETER') return 'holds a parameter'
  if (kind === 'WINDOW') return 'looks at other rows'
  if (kind === 'STAR') return 'names columns by *'
  if (!('function_name' in piece)) return undefined
  const name = textIn(piece, 'function_name').toLowerCase()
  if (functions.isAggregate(name)) return `looks at other rows: ${name}()`
  if (makesRows.has(name)) return `makes rows of one: ${name}()`
  return useOf(piece, functions) === 'free' ? undefined : `calls ${name}(), whose result changes`
}

/** Binds a check of rows to a row of NULLs: names, types and values must be right. */
async function bindFault(
  connection: Connection,
  table: DeclaredTable,
  check: DeclaredCheck,
): Promise<string | undefined> {
  const row = `SELECT ${table.columns.map(nullOf).join(', ')}`
  const broken = brokenSql(check, table)
  if (broken === undefined) return undefined
  try {
    if (check.kind !== 'row') {
      // A value that does not fit shows when it is cast.
      await connection.run(`SELECT ${broken} FROM (${row})`)
      return undefined
    }
    const [bound] = await connection.rows(`DESCRIBE SELECT ${conditionSql(check.condition)} FROM (${row})`)
    const type = String(bound?.['column_type'])
    return type === 'BOOLEAN' ? undefined : `is ${type}, not true or false`
  } catch (error) {
    if (error instanceof FaultError) return `does not fit the table: ${firstLine(error.fault.message)}`
    throw error
  }
}

function nullOf({ name, type }: DeclaredColumn): string {
  return `CAST(NULL AS ${typeSql(type)}) AS ${quoteName(name)}`
}

/** The contracts that passed once, for each instance: a condition takes milliseconds to parse and bind. */
const passed = new WeakMap<Functions, Set<string>>()

/** Throws all Problems of the checks of several tables. */
export async function requireChecks(
  connection: Connection,
  functions: Functions,
  tables: readonly DeclaredTable[],
): Promise<void> {
  const problems: Problem[] = []
  const known = passed.get(functions) ?? new Set()
  passed.set(functions, known)
  for (const table of tables) {
    const digest = JSON.stringify([table.columns.map(({ name, type }) => [name, type]), table.checks])
    if (known.has(digest)) continue
    const found = await checkProblems(connection, functions, table)
    if (found.length === 0) known.add(digest)
    problems.push(...found)
  }
  if (problems.length > 0) throw new ProblemError(problems)
}
