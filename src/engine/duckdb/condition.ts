import { ProblemError, type Problem } from '../../base/problem.ts'
import { askedText } from '../../contract/check-text.ts'
import type { DeclaredCheck, DeclaredTable } from '../../contract/spec.ts'
import { brokenSql, conditionSql, nullOf } from './check-sql.ts'
import type { Connection } from './connection.ts'
import { FaultError, firstLine } from './faults.ts'
import { keywords, useOf, type Functions } from './functions.ts'
import { queryFault } from './query-check.ts'
import { walkQuery } from './scope.ts'
import { parseQuery, textIn, type TreeNode } from './tree.ts'

/** A table whose checks are to be good, with the files of other tables that they read, by table. */
export interface Checked {
  readonly table: DeclaredTable
  readonly others?: { readonly [table: string]: readonly string[] }
}

/**
 * The Problems of a table's checks: a condition must be one expression over the columns of a row, true, false or
 * NULL, without queries, aggregates, parameters, or functions whose result changes; and so on for other kinds.
 */
export async function checkProblems(
  connection: Connection,
  functions: Functions,
  { table, others = {} }: Checked,
): Promise<Problem[]> {
  const problems: Problem[] = []
  const faultOf = async (check: DeclaredCheck): Promise<string | undefined> => {
    if (check.kind === 'query') return queryFault({ connection, functions }, table, check, others)
    const [text, aggregates] =
      check.kind === 'value'
        ? [check.expression, true]
        : [check.kind === 'row' ? check.condition : undefined, false]
    const syntax =
      text === undefined ? undefined : await syntaxFault({ connection, functions, table }, text, aggregates)
    return syntax ?? (await bindFault(connection, table, check))
  }
  for (const check of table.checks) {
    const fault = await faultOf(check)
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

interface Around {
  readonly connection: Connection
  readonly functions: Functions
  readonly table: DeclaredTable
}

async function syntaxFault(
  { connection, functions, table }: Around,
  condition: string,
  aggregates: boolean,
): Promise<string | undefined> {
  // Without brackets around it too: those of `a) OR (b` do not belong together.
  const alone = await parseQuery(connection, `SELECT ${condition}`)
  if (!('node' in alone)) return `does not parse: ${alone.message}`
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
    fault ??= columnFault(piece, columns) ?? pieceFault(piece, functions, aggregates)
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

function pieceFault(piece: TreeNode, functions: Functions, aggregates: boolean): string | undefined {
  const { class: kind } = piece
  if (kind === 'SUBQUERY') return 'holds a query'
  if (kind === 'PARAMETER') return 'holds a parameter'
  if (kind === 'WINDOW') return 'looks at other rows'
  if (kind === 'STAR' && !aggregates) return 'names columns by *'
  if (!('function_name' in piece)) return undefined
  const name = textIn(piece, 'function_name').toLowerCase()
  if (functions.isAggregate(name) && !aggregates) return `looks at other rows: ${name}()`
  if (makesRows.has(name)) return `makes rows of one: ${name}()`
  return useOf(piece, functions) === 'free' ? undefined : `calls ${name}(), whose result changes`
}

/** Binds a check to a row of NULLs: names, types and values must be right. */
async function bindFault(
  connection: Connection,
  table: DeclaredTable,
  check: DeclaredCheck,
): Promise<string | undefined> {
  const row = `(SELECT ${table.columns.map(nullOf).join(', ')})`
  const statement = tried(check, table, row)
  if (statement === undefined) return undefined
  try {
    const [bound] = await connection.rows(statement)
    // Of no rows an aggregate gives one value. What gives none has one for each row, of which only the first counts.
    if (check.kind === 'value' && bound === undefined)
      return 'gives a value for each row, not one of all rows: use an aggregate such as max()'
    if (check.kind !== 'row') return undefined
    const type = String(bound?.['column_type'])
    return type === 'BOOLEAN' ? undefined : `is ${type}, not true or false`
  } catch (error) {
    if (error instanceof FaultError) return `does not fit the table: ${firstLine(error.fault.message)}`
    throw error
  }
}

/** A condition is only bound: run on NULLs, some fail. Values that do not fit show when they are cast. */
function tried(check: DeclaredCheck, table: DeclaredTable, row: string): string | undefined {
  if (check.kind === 'row') return `DESCRIBE SELECT ${conditionSql(check.condition)} FROM ${row}`
  if (check.kind === 'value') return `SELECT CAST((${check.expression}\n) AS DOUBLE) FROM ${row} WHERE false`
  const broken = brokenSql(check, table)
  return broken === undefined ? undefined : `SELECT ${broken} FROM ${row}`
}

/** The contracts that passed once, for each instance: a condition takes milliseconds to parse and bind. */
const passed = new WeakMap<Functions, Set<string>>()

/** Throws all Problems of the checks of several tables. */
export async function requireChecks(
  connection: Connection,
  functions: Functions,
  tables: readonly Checked[],
): Promise<void> {
  const problems: Problem[] = []
  const known = passed.get(functions) ?? new Set()
  passed.set(functions, known)
  for (const checked of tables) {
    const { columns, checks } = checked.table
    const digest = JSON.stringify([columns.map(({ name, type }) => [name, type]), checks])
    if (known.has(digest)) continue
    const found = await checkProblems(connection, functions, checked)
    if (found.length === 0) known.add(digest)
    problems.push(...found)
  }
  if (problems.length > 0) throw new ProblemError(problems)
}
