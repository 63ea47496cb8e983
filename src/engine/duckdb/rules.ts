import type { ProblemCode } from '../../base/codes.ts'
import { checkText } from '../../contract/check-text.ts'
import type { DeclaredTable } from '../../contract/spec.ts'
import type { OutputTarget } from '../engine.ts'
import { brokenSql, type Others } from './check-sql.ts'
import { mayBeNull } from './copy.ts'
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
}

/** The rows of an output, in its file or in a table of the session. */
export function ruledRows({ table, others = {} }: OutputTarget, relation: string): RuledRows {
  const subject = `output table '${table.name}'`
  return { table, subject, relation, others: otherRelations(table, others) }
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

/** A promise of a contract as queries over rows. */
export interface Rule {
  readonly code: ProblemCode
  /** Follows the number: `rows break the check 'fare >= 0'`. */
  readonly says: string
  /** One row with the number as `n`. */
  readonly count: string
  /** Some of the rows that break it. */
  readonly sample: string
}

/** How many rows are shown for a broken rule. */
const shown = 5

function rowRule(
  { table, relation }: RuledRows,
  code: ProblemCode,
  says: string,
  broken: string,
  show?: string,
): Rule {
  const from = `FROM ${relation} AS s WHERE ${broken}`
  const columns = show ?? table.columns.map(({ name }) => `s.${quoteName(name)}`).join(', ')
  return {
    code,
    says,
    count: `SELECT count(*) AS n ${from}`,
    sample: `SELECT ${columns} ${from} LIMIT ${shown}`,
  }
}

/** Columns that must not be NULL. In lenient rows, a value that did not fit is not counted as NULL. */
export function nullRules(rows: RuledRows, lenient: boolean): (Rule & { readonly column: string })[] {
  const { table } = rows
  return table.columns.flatMap(({ name }, at) => {
    if (mayBeNull(table, name)) return []
    const broken = `s.${quoteName(name)} IS NULL${lenient ? ` AND s.${rawName(at)} IS NULL` : ''}`
    return [
      {
        column: name,
        ...rowRule(rows, 'contract/null', `rows hold NULL in column '${name}'`, broken),
      },
    ]
  })
}

/** Values of lenient rows that did not fit their type. */
export function valueRules(rows: RuledRows): Rule[] {
  return rows.table.columns.map(({ name, type }, at) => {
    const says = `values of column '${name}' do not fit ${type}`
    return rowRule(
      rows,
      'contract/value',
      says,
      `s.${rawName(at)} IS NOT NULL`,
      `s.${rawName(at)} AS ${quoteName(name)}`,
    )
  })
}

/** Checks that look at a row alone; NULL does not break one. */
export function checkRules(rows: RuledRows): Rule[] {
  return rows.table.checks.flatMap((check) => {
    const broken = check.kind === 'reference' ? undefined : brokenSql(check, rows.table)
    return broken === undefined
      ? []
      : [rowRule(rows, 'contract/check', `rows break ${checkText(check)}`, broken)]
  })
}

/** A key or unique columns, with a fast exact test. */
export interface KeyRule extends Rule {
  /**
   * One row with the number of different keys as `n`: less than the rows with a key when some share one. On 10M
   * rows it takes 1.7 s of one core for a BIGINT and 1.9 s for two columns. count(DISTINCT ...) and GROUP BY ...
   * HAVING count(*) > 1 LIMIT 1 take the same within the noise; this needs no structs for several columns.
   */
  readonly different: string
  readonly columns: readonly string[]
}

export function keyRules({ table, relation }: RuledRows): KeyRule[] {
  const unique = table.checks.flatMap((check) => (check.kind === 'unique' ? [check.columns] : []))
  const keys = table.key.length > 0 ? [table.key, ...unique] : unique
  return keys.map((columns) => keyRule(columns, relation))
}

function keyRule(columns: readonly string[], relation: string): KeyRule {
  const names = columns.map(quoteName)
  const set = names.map((name) => `${name} IS NOT NULL`).join(' AND ')
  const groups = `FROM ${relation} WHERE ${set} GROUP BY ${names.join(', ')}`
  const shared = `${groups} HAVING count(*) > 1`
  return {
    columns,
    code: 'contract/key',
    says: `values of the key (${columns.join(', ')}) stand in more than one row`,
    count: `SELECT count(*) AS n FROM (SELECT 1 ${shared})`,
    sample: `SELECT ${names.join(', ')}, count(*) AS ${quoteName('rows')} ${shared} LIMIT ${shown}`,
    different: `SELECT count(*) AS n FROM (SELECT 1 ${groups})`,
  }
}

/** Columns whose values must stand in a column of another table. */
export function referenceRules(rows: RuledRows): Rule[] {
  return rows.table.checks.flatMap((check) => {
    const broken = check.kind === 'reference' ? brokenSql(check, rows.table, rows.others) : undefined
    if (check.kind !== 'reference' || broken === undefined) return []
    const says = `rows have a '${check.column}' that does not stand in ${check.table}.${check.to}`
    return [rowRule(rows, 'contract/reference', says, broken)]
  })
}
