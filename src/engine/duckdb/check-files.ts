import type { CheckRequest, CheckResult } from '../engine.ts'
import { requireChecks } from './condition.ts'
import type { Connection } from './connection.ts'
import { filesSql } from './files-sql.ts'
import type { Functions } from './functions.ts'
import { otherRelations } from './rules.ts'
import { allFindings } from './violations.ts'
import { toldOf } from './faults.ts'

/** Makes all checks of a table over files of it. */
export async function checkFiles(
  connection: Connection,
  functions: Functions,
  { table, files, others = {}, now }: CheckRequest,
): Promise<readonly CheckResult[]> {
  const subject = `table '${table.name}'`
  return toldOf(subject, async () => {
    await requireChecks(connection, functions, [{ table, others }])
    const relation = filesSql({ files, columns: table.columns })
    const relations = { ...otherRelations(table, others), [table.name]: relation }
    const ruled = { table, subject, relation, others: relations }
    return (await allFindings(connection, ruled, false, { now, published: true })).checks
  })
}
