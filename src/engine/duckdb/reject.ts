import { brokenColumn } from '../../contract/rejects.ts'
import { checkText } from '../../contract/check-text.ts'
import type { CheckResult, OutputTarget } from '../engine.ts'
import { brokenSql, type Others } from './check-sql.ts'
import type { Connection } from './connection.ts'
import { breaks, ruledRows } from './rules.ts'
import { quoteName, quoteText } from './sql-text.ts'

/**
 * Takes the rows that checks reject out of the table that gathered an output. They go, with the names of the
 * checks that they break, into the table that gathers the rejects, when there is one.
 *
 * @param given tables of the session that stand for others, by name
 */
export async function rejectRows(
  connection: Connection,
  target: OutputTarget,
  gathered: string,
  rejects: string | undefined,
  given: Others = {},
): Promise<CheckResult[]> {
  const { table } = target
  const others = { ...ruledRows(target, gathered).others, ...given }
  const tests = table.checks.flatMap((check) => {
    const broken = check.onFailure === 'reject' ? brokenSql(check, table, others) : undefined
    return broken === undefined ? [] : [{ check, broken }]
  })
  if (tests.length === 0) return []
  const counts = tests.map(({ broken }, at) => `count(*) FILTER (WHERE ${broken}) AS n${at}`)
  const counted = await connection.row(`SELECT ${counts.join(', ')} FROM ${gathered} AS s`)
  const results = tests.map(({ check }, at): CheckResult => {
    const rows = Number(counted[`n${at}`])
    const where = check.where ?? table.where
    const about = {
      table: table.name,
      check: check.name,
      severity: check.severity,
      rows,
      ...(where && { where }),
    }
    if (rows === 0) return { ...about, outcome: 'passed' }
    return {
      ...about,
      outcome: 'rejected',
      ...(table.rejects !== undefined && { rejects: table.rejects }),
      message: `${rows} ${breaks(checkText(check))(rows === 1)}`,
    }
  })
  if (results.every(({ rows }) => rows === 0)) return results
  const any = tests.map(({ broken }) => `(${broken})`).join(' OR ')
  if (rejects !== undefined) {
    const names = tests.map(({ check, broken }) => `CASE WHEN ${broken} THEN ${quoteText(check.name)} END`)
    const list = `list_filter([${names.join(', ')}], lambda name: name IS NOT NULL) AS ${quoteName(brokenColumn)}`
    const columns = table.columns.map(({ name }) => `s.${quoteName(name)}`)
    await connection.run(
      `INSERT INTO ${rejects} SELECT ${[...columns, list].join(', ')} FROM ${gathered} AS s WHERE ${any}`,
    )
  }
  await connection.run(`DELETE FROM ${gathered} AS s WHERE ${any}`)
  return results
}

/** Outputs in the order in which they are written: tables that keep rejects come last, filled by the others. */
export function rejectsLast<T extends { readonly target: OutputTarget }>(outputs: Iterable<T>): T[] {
  const all = [...outputs]
  const rejects = all.filter(({ target }) => target.rejectsOf !== undefined)
  return [...all.filter((output) => !rejects.includes(output)), ...rejects]
}
