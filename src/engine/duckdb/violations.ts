import type { Problem } from '../../base/problem.ts'
import type { Connection, TextRow } from './connection.ts'
import type { Copied } from './copy.ts'
import { FaultError, firstLine } from './faults.ts'
import {
  checkRules,
  keyRules,
  nullRules,
  referenceRules,
  valueRules,
  type KeyRule,
  type Rule,
  type RuledRows,
} from './rules.ts'

/**
 * What is left to check of a file that was written with its conditions checked: NULLs by the statistics that
 * came with it, then keys and references.
 */
export async function lateViolations(
  connection: Connection,
  ruled: RuledRows,
  { rows, stats }: Copied,
): Promise<Problem[]> {
  const nulls = (column: string) => stats[column]?.nulls ?? 0
  const broken: Rule[] = nullRules(ruled, false).filter(({ column }) => nulls(column) > 0)
  for (const rule of keyRules(ruled)) {
    if (await sharesKeys(connection, rule, rows, nulls)) broken.push(rule)
  }
  return violationsOf(connection, ruled, [...broken, ...referenceRules(ruled)])
}

async function sharesKeys(
  connection: Connection,
  rule: KeyRule,
  rows: number,
  nulls: (column: string) => number,
): Promise<boolean> {
  if (rows < 2) return false
  // With NULLs in several columns, how many rows have a key is not known: the rule counts by itself.
  if (rule.columns.length > 1 && rule.columns.some((column) => nulls(column) > 0)) return true
  const withKey = rows - (rule.columns.length === 1 ? nulls(rule.columns[0] ?? '') : 0)
  return Number((await connection.row(rule.different))['n']) < withKey
}

/**
 * Everything that rows break. Lenient rows (`lenientRows`) tell values that did not fit their types too; all
 * others have the types of the contract.
 */
export async function allViolations(
  connection: Connection,
  ruled: RuledRows,
  lenient: boolean,
): Promise<Problem[]> {
  const values = lenient ? valueRules(ruled) : []
  const rules = [...values, ...nullRules(ruled, lenient), ...checkRules(ruled)]
  const all = [...rules, ...keyRules(ruled), ...referenceRules(ruled)]
  return violationsOf(connection, ruled, await suspects(connection, all))
}

/** The rules that rows break, found by one statement; all of them when one cannot be counted. */
async function suspects(connection: Connection, rules: readonly Rule[]): Promise<readonly Rule[]> {
  if (rules.length === 0) return []
  const counts = rules.map(({ count }, at) => `(${count}) AS c${at}`)
  try {
    const row = await connection.row(`SELECT ${counts.join(', ')}`)
    return rules.filter((_, at) => Number(row[`c${at}`]) > 0)
  } catch (error) {
    if (error instanceof FaultError) return rules
    throw error
  }
}

async function violationsOf(
  connection: Connection,
  ruled: RuledRows,
  rules: readonly Rule[],
): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const rule of rules) {
    const problem = await violation(connection, ruled, rule)
    if (problem) problems.push(problem)
  }
  return problems
}

async function violation(
  connection: Connection,
  { table, subject }: RuledRows,
  rule: Rule,
): Promise<Problem | undefined> {
  const where = table.where && { where: table.where }
  try {
    const count = Number((await connection.row(rule.count))['n'])
    if (count === 0) return undefined
    const samples = await connection.rows(rule.sample)
    const related = samples.map((row) => ({ message: sampleText(row) }))
    return { code: rule.code, message: `${subject}: ${count} ${rule.says}`, ...where, related }
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    const said = firstLine(error.fault.message)
    return {
      code: rule.code,
      message: `${subject}: the rule '${rule.says}' cannot be checked: ${said}`,
      ...where,
    }
  }
}

const longestValue = 80
const longestRow = 400

/** A row as JSON; long values are cut. */
function sampleText(row: TextRow): string {
  const text = JSON.stringify(row, (_, value: unknown) =>
    typeof value === 'string' ? cut(value, longestValue) : value,
  )
  return cut(text, longestRow)
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}...` : text
}
