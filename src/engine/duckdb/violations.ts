import type { Problem } from '../../base/problem.ts'
import { keyCheckName, tablesInChecks } from '../../contract/check-form.ts'
import type { DeclaredCheck } from '../../contract/spec.ts'
import type { CheckResult, KeptFailures } from '../engine.ts'
import { keepBroken, problemOf } from './broken-rows.ts'
import type { Connection, TextRow } from './connection.ts'
import { ridesAlong, type Copied } from './copy.ts'
import { FaultError, firstLine } from './faults.ts'
import { keyRules, sharesKeys } from './key-rules.ts'
import {
  checkRules,
  nullRules,
  referenceRules,
  valueRules,
  type Broken,
  type Rule,
  type RuledRows,
} from './rules.ts'
import { notMade, tableRules } from './table-rules.ts'

/** What was found of the rules of a contract. */
export interface Found {
  /** What must hold and does not. */
  readonly problems: readonly Problem[]
  /** What became of each check, in the order of the contract. */
  readonly checks: readonly CheckResult[]
}

/** What rules are judged with beside the rows. */
export interface Judging {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Where rows that break a check are kept; left out, they are not. */
  readonly failures?: KeptFailures
  /** The rows were published: what a check would reject has no place in them. */
  readonly published?: boolean
  /** The rows are few, as in tests. */
  readonly few?: boolean
}

/**
 * What is left to check of a file that was written with its conditions checked: NULLs by the statistics that
 * came with it, then keys, references, and all that does not stop the writing.
 */
export async function lateFindings(
  connection: Connection,
  ruled: RuledRows,
  { rows, stats }: Copied,
  judging: Judging,
): Promise<Found> {
  const nulls = (column: string) => stats[column]?.nulls ?? 0
  const rules: Rule[] = nullRules(ruled, false).filter(({ column }) => nulls(column) > 0)
  const held: string[] = ruled.table.checks.filter(ridesAlong).map(({ name }) => name)
  for (const rule of keyRules(ruled)) {
    if (await sharesKeys(connection, rule, { rows, nulls, split: ruled.split })) rules.push(rule)
    else held.push(rule.name)
  }
  rules.push(...checkRules(ruled).filter(({ check }) => check && !ridesAlong(check)))
  rules.push(...referenceRules(ruled), ...tableRules(ruled, judging.now))
  return findingsOf(connection, ruled, rules, judging, held)
}

/**
 * Everything that rows break. Lenient rows (`lenientRows`) tell values that did not fit their types too; all
 * others have the types of the contract.
 */
export async function allFindings(
  connection: Connection,
  ruled: RuledRows,
  lenient: boolean,
  judging: Judging,
): Promise<Found> {
  const rules = [...rowRules(ruled, lenient), ...tableRules(ruled, judging.now)]
  return findingsOf(connection, ruled, rules, judging, [])
}

/**
 * What rows break of the promises about rows, keys and references: for rows that stand for others, as in tests.
 *
 * @param inserted each row came from JavaScript, where a NULL that is not allowed was refused
 */
export async function rowViolations(
  connection: Connection,
  ruled: RuledRows,
  inserted = false,
): Promise<readonly Problem[]> {
  const judging = { now: Date.now(), few: true }
  const rules = inserted ? givenRules(ruled) : rowRules(ruled, false)
  return (await findingsOf(connection, ruled, rules, judging, [])).problems
}

function givenRules(ruled: RuledRows): Rule[] {
  return [...checkRules(ruled), ...keyRules(ruled), ...referenceRules(ruled)]
}

function rowRules(ruled: RuledRows, lenient: boolean): Rule[] {
  const values = lenient ? valueRules(ruled) : []
  return [...values, ...nullRules(ruled, lenient), ...givenRules(ruled)]
}

async function findingsOf(
  connection: Connection,
  ruled: RuledRows,
  rules: readonly Rule[],
  { failures, few = false, published = false }: Judging,
  held: readonly string[],
): Promise<Found> {
  const problems: Problem[] = []
  const results = new Map<string, Result>(held.map((name) => [name, {}]))
  // While they are written, rows to reject are gone by now, or are not looked at.
  const asked = published ? rules : rules.filter(({ check }) => check?.onFailure !== 'reject')
  const counted = await countTogether(connection, ruled, asked, few)
  for (const rule of asked) {
    const broken = await judge(connection, rule, counted.get(rule))
    const file = broken && (await keepBroken(connection, ruled, rule, failures))
    results.set(rule.name, { ...broken, ...(file !== undefined && { file }) })
    if (broken && rule.check?.onFailure !== 'warn')
      problems.push(await problemOf(connection, ruled, rule, broken))
  }
  const promised = asked.filter(
    ({ name, check }) => !check && name !== keyCheckName && results.get(name)?.says,
  )
  return { problems, checks: resultsOf(ruled, promised, results) }
}

/**
 * Rules that look at a row alone: one scan counts for all of them. While real tables are written, NULLs and
 * references have their own faster ways. Where rows are few, what takes time is to plan a statement, not to run
 * it: one scan with 12 counts takes 1 ms, a subquery for each 45 ms, and a statement for each key 0.6 ms.
 */
async function countTogether(
  connection: Connection,
  { relation }: RuledRows,
  rules: readonly Rule[],
  few: boolean,
): Promise<ReadonlyMap<Rule, TextRow>> {
  const together = rules.filter(
    ({ code, broken }) => broken !== undefined && (few || code === 'contract/check'),
  )
  if (together.length < 2) return new Map()
  const counts = together.map(({ broken }, at) => `count(*) FILTER (WHERE ${broken}) AS n${at}`)
  try {
    const row = await connection.row(`SELECT ${counts.join(', ')} FROM ${relation} AS s`)
    return new Map(together.map((rule, at) => [rule, { n: row[`n${at}`] }]))
  } catch (error) {
    // Asked one by one, they tell which of them cannot be made.
    if (error instanceof FaultError) return new Map()
    throw error
  }
}

async function judge(
  connection: Connection,
  rule: Rule,
  known: TextRow | undefined,
): Promise<Broken | undefined> {
  try {
    return rule.judge(known ?? (await connection.row(rule.ask, rule.params)))
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    return { rows: 0, says: `the check '${rule.name}' cannot be made: ${firstLine(error.fault.message)}` }
  }
}

/** What is known of a rule that was looked at. */
type Result = Partial<Broken> & { readonly file?: string }

/** What a result is about. */
type Head = Pick<DeclaredCheck, 'name' | 'severity' | 'onFailure' | 'where'>

function resultsOf(
  ruled: RuledRows,
  promised: readonly Rule[],
  results: ReadonlyMap<string, Result>,
): CheckResult[] {
  const { table, others } = ruled
  const always = (name: string): Head => ({ name, severity: 'error', onFailure: 'fail' })
  const told = (head: Head): CheckResult[] => {
    const result = results.get(head.name)
    return result === undefined ? [] : [resultOf(ruled, head, result)]
  }
  return [
    ...promised.flatMap(({ name }) => told(always(name))),
    ...(table.key.length > 0 ? told(always(keyCheckName)) : []),
    ...table.checks.flatMap((check) => {
      const absent = tablesInChecks({ checks: [check] }).find((other) => !(other in others))
      if (absent === undefined || results.has(check.name)) return told(check)
      return [{ ...resultOf(ruled, check, {}), outcome: 'skipped' as const, message: notMade(check, absent) }]
    }),
  ]
}

function resultOf({ table }: RuledRows, head: Head, { rows = 0, says, file }: Result): CheckResult {
  const { name: check, severity, onFailure, where = table.where } = head
  const about = { table: table.name, check, severity, rows, ...(where && { where }) }
  if (says === undefined) return { ...about, outcome: 'passed' }
  const outcome = onFailure === 'warn' ? 'warned' : 'failed'
  return { ...about, outcome, message: says, ...(file !== undefined && { file }) }
}
