import { keyCheckName } from '../../contract/check-form.ts'
import type { DeclaredCheck } from '../../contract/spec.ts'
import type { Connection } from './connection.ts'
import { byCount, type Rule, type RuledRows } from './rules.ts'
import { quoteName } from './sql-text.ts'

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
  const unique = table.checks.flatMap((check) =>
    check.kind === 'unique' ? [keyRule(check.columns, relation, check)] : [],
  )
  return table.key.length > 0 ? [keyRule(table.key, relation), ...unique] : unique
}

function keyRule(columns: readonly string[], relation: string, check?: DeclaredCheck): KeyRule {
  const names = columns.map(quoteName)
  const set = names.map((name) => `${name} IS NOT NULL`).join(' AND ')
  const groups = `FROM ${relation} WHERE ${set} GROUP BY ${names.join(', ')}`
  const shared = `${groups} HAVING count(*) > 1`
  return {
    columns,
    code: 'contract/key',
    name: check?.name ?? keyCheckName,
    ...(check && { check }),
    ask: `SELECT count(*) AS n FROM (SELECT 1 ${shared})`,
    judge: byCount(
      (one) =>
        `${one ? 'value' : 'values'} of the key (${columns.join(', ')}) ${one ? 'stands' : 'stand'} in more than one row`,
    ),
    rows: `SELECT ${names.join(', ')}, count(*) AS ${quoteName('rows')} ${shared}`,
    different: `SELECT count(*) AS n FROM (SELECT 1 ${groups})`,
  }
}

/** Rows as far as they are known, for whoever counts keys. */
export interface CountedRows {
  readonly rows: number
  /** How many NULLs a column has. */
  readonly nulls: (column: string) => number
  readonly split?: RuledRows['split']
}

/** Whether rows share keys, by counting different ones. Rows that were held before are only compared with others. */
export async function sharesKeys(
  connection: Connection,
  rule: KeyRule,
  { rows, nulls, split }: CountedRows,
): Promise<boolean> {
  if (rows < 2) return false
  // With NULLs in several columns, how many rows have a key is not known: the rule counts by itself.
  if (rule.columns.length > 1 && rule.columns.some((column) => nulls(column) > 0)) return true
  const hasNulls = rule.columns.some((column) => nulls(column) > 0)
  // What only warns may have been broken before.
  if (split && !hasNulls && rule.check?.onFailure !== 'warn') return comeShare(connection, rule, split)
  const withKey = rows - (rule.columns.length === 1 ? nulls(rule.columns[0] ?? '') : 0)
  return Number((await connection.row(rule.different))['n']) < withKey
}

async function comeShare(
  connection: Connection,
  { columns }: KeyRule,
  { held, come, rows }: NonNullable<RuledRows['split']>,
): Promise<boolean> {
  const names = columns.map(quoteName).join(', ')
  const among = await connection.row(`SELECT count(*) AS n FROM (SELECT DISTINCT ${names} FROM ${come})`)
  if (Number(among['n']) < rows) return true
  const both = `SELECT 1 FROM ${held} SEMI JOIN ${come} USING (${names}) LIMIT 1`
  return Number((await connection.row(`SELECT count(*) AS n FROM (${both})`))['n']) > 0
}
