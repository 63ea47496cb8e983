import type { ProblemCode } from '../../base/codes.ts'
import { slug } from '../../contract/check-name.ts'
import { checkText } from '../../contract/check-text.ts'
import type { DeclaredCheck, DeclaredTable } from '../../contract/spec.ts'
import type { OutputTarget } from '../engine.ts'
import { brokenSql, type Others } from './check-sql.ts'
import type { TextRow } from './connection.ts'
import { mayBeNull } from './copy.ts'
import type { Params } from './params.ts'
import { rawName } from './rows-in.ts'
import { parquetFiles, quoteName } from './sql-text.ts'

/** Rows that rules look at: a staged file, a table of the session, or files of a published version. */
export interface RuledRows {
  readonly table: DeclaredTable
  /** How messages call the rows, such as `output table 'silver.trips'`. */
  readonly subject: string
  /** The rows as SQL: a table function or a quoted name. It has the columns of the contract. */
  readonly relation: string
  /** Other tables that checks read, as SQL, by name; those that are absent are not checked. */
  readonly others: Others
  /** The rows that were held before and stay, which keep the contract, and those that came: `relation` in two. */
  readonly split?: { readonly held: string; readonly come: string; readonly rows: number }
}

/** The rows of an output, in its file or in a table of the session. A table that reads itself reads these. */
export function ruledRows({ table, others = {} }: OutputTarget, relation: string): RuledRows {
  const subject = `output table '${table.name}'`
  return { table, subject, relation, others: { ...otherRelations(table, others), [table.name]: relation } }
}

/** The files of tables that checks read, as SQL. A table without files has no rows. */
export function otherRelations(
  table: DeclaredTable,
  files: { readonly [table: string]: readonly string[] },
): Record<string, string> {
  const columns = (name: string) =>
    table.checks.flatMap((check) => (check.kind === 'reference' && check.table === name ? check.to : []))
  const relations = Object.entries(files).map(([name, found]) => {
    const nulls = columns(name).map((column) => `NULL AS ${quoteName(column)}`)
    const empty = `(SELECT ${nulls.join(', ') || 'NULL'} WHERE false)`
    return [name, found.length === 0 ? empty : parquetFiles(found)]
  })
  return Object.fromEntries(relations) as Record<string, string>
}

/** What was found of a rule that is broken. */
export interface Broken {
  /** How many rows, or keys, break it; 0 where no single row does. */
  readonly rows: number
  /** Such as `12 rows break the check of column 'fare': fare >= 0`. */
  readonly says: string
}

/** A promise of a contract as queries over rows. */
export interface Rule {
  readonly code: ProblemCode
  /** The name of its check; of what the contract promises without a check, such a name. */
  readonly name: string
  /** Undefined for what the contract promises without a check: NULLs, values that fit, the key. */
  readonly check?: DeclaredCheck
  /** Gives one row. */
  readonly ask: string
  readonly params?: Params
  /** What that row says; undefined when the rule holds. */
  readonly judge: (answer: TextRow) => Broken | undefined
  /** Gives the rows that break it. */
  readonly rows?: string
  /** For rules of single rows: true of a row (alias `s`) that breaks it. */
  readonly broken?: string
}

/** What is told of so many rows, without the number: `rows break ...`, of one `row breaks ...`. */
export type Says = (one: boolean) => string

/** Judges a rule by the number of rows that break it, which the answer has as `n`. */
export function byCount(says: Says): Rule['judge'] {
  return ({ n }) => {
    const rows = Number(n)
    return rows === 0 ? undefined : { rows, says: `${rows} ${says(rows === 1)}` }
  }
}

/** How rows that break something are told. */
export function breaks(what: string): Says {
  return (one) => `${one ? 'row breaks' : 'rows break'} ${what}`
}

function rowRule(
  { table, relation }: RuledRows,
  rule: Pick<Rule, 'code' | 'name' | 'check'>,
  says: Says,
  broken: string,
  show?: string,
): Rule {
  const from = `FROM ${relation} AS s WHERE ${broken}`
  const columns = show ?? table.columns.map(({ name }) => `s.${quoteName(name)}`).join(', ')
  const [ask, rows] = [`SELECT count(*) AS n ${from}`, `SELECT ${columns} ${from}`]
  return { ...rule, ask, judge: byCount(says), rows, broken }
}

/** Columns that must not be NULL. In lenient rows, a value that did not fit is not counted as NULL. */
export function nullRules(rows: RuledRows, lenient: boolean): (Rule & { readonly column: string })[] {
  const { table } = rows
  return table.columns.flatMap(({ name }, at) => {
    if (mayBeNull(table, name)) return []
    const broken = `s.${quoteName(name)} IS NULL${lenient ? ` AND s.${rawName(at)} IS NULL` : ''}`
    const rule = { code: 'contract/null' as const, name: `${slug(name)}-not-null` }
    const says: Says = (one) => `${one ? 'row holds' : 'rows hold'} NULL in column '${name}'`
    return [{ column: name, ...rowRule(rows, rule, says, broken) }]
  })
}

/** Values of lenient rows that did not fit their type. */
export function valueRules(rows: RuledRows): Rule[] {
  return rows.table.columns.map(({ name, type }, at) => {
    const raw = `s.${rawName(at)}`
    const rule = { code: 'contract/value' as const, name: `${slug(name)}-fits` }
    const says: Says = (one) =>
      one ? `value of column '${name}' does not fit ${type}` : `values of column '${name}' do not fit ${type}`
    return rowRule(rows, rule, says, `${raw} IS NOT NULL`, `${raw} AS ${quoteName(name)}`)
  })
}

/** Checks that look at a row alone; NULL does not break one. */
export function checkRules(rows: RuledRows): Rule[] {
  return rows.table.checks.flatMap((check) => {
    const broken = check.kind === 'reference' ? undefined : brokenSql(check, rows.table)
    if (broken === undefined) return []
    const rule = { code: 'contract/check' as const, name: check.name, check }
    return [rowRule(rows, rule, breaks(checkText(check)), broken)]
  })
}

/** Columns whose values must stand in a column of another table. */
export function referenceRules(rows: RuledRows): Rule[] {
  return rows.table.checks.flatMap((check) => {
    const broken = check.kind === 'reference' ? brokenSql(check, rows.table, rows.others) : undefined
    if (check.kind !== 'reference' || broken === undefined) return []
    const says: Says = (one) =>
      `${one ? 'row has' : 'rows have'} a '${check.column}' that does not stand in ${check.table}.${check.to}`
    const rule = { code: 'contract/reference' as const, name: check.name, check }
    return [rowRule(rows, rule, says, broken)]
  })
}
