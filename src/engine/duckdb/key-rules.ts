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

/** Whether rows share keys, by counting different ones; `nulls` are those of each column. */
export async function sharesKeys(
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
