import { digestOf } from '../base/digest.ts'
import { InternalError, ProblemError, type Problem } from '../base/problem.ts'
import type { LedgerLine, SqlDelivery } from '../connect/delivery.ts'
import type { DeclaredInput } from '../flow/declared.ts'
import type { Exported } from '../engine/export.ts'
import { deliveryKey } from '../freshness/step-key.ts'
import { tableInputs } from '../freshness/table-inputs.ts'
import { exportFiles, exportTable, type Delivering } from './deliver-file.ts'
import { rowsBetween, versionBeside } from './rows-between.ts'
import { deliveredSince, whoDelivered } from './tell-others.ts'

/**
 * The rows that a table has won since the version that the ledger names, in a file; all rows where it names none.
 * Throws a ProblemError where rows are gone since, or where nobody can tell.
 */
export async function appendedRows(
  delivering: Delivering,
  delivery: SqlDelivery,
  input: DeclaredInput,
  lines: readonly LedgerLine[],
  own: LedgerLine | undefined,
): Promise<Exported & { readonly path: string }> {
  const { scope, findings, signal } = delivering
  const { step } = findings
  const format = { kind: 'exchange', database: delivery.connection.kind } as const
  const refuse = (code: Problem['code'], message: string, hint: string) =>
    new ProblemError({
      code,
      message: `step '${step.name}': ${message}`,
      ...(step.where && { where: step.where }),
      hint,
    })
  if (!own) {
    const other = lines.find(({ lake }) => lake !== scope.workspace.lake.id) ?? lines[0]
    if (!other) return exportTable(delivering, input, format)
    throw refuse(
      'delivery/history',
      `rows were added to ${step.notebook} from ${other.lake === scope.workspace.lake.id ? `environment '${other.environment}'` : 'another lake'}, so that all rows would be added once more`,
      anew,
    )
  }
  const since = deliveredSince(lines, own)
  if (since)
    throw refuse(
      'delivery/history',
      `${whoDelivered(since, scope.workspace.lake.id)} delivered to ${step.notebook} since, so that what stands there is not known`,
      anew,
    )
  if (own.columns !== digestOf(input.columns.map((column) => [column.name, column.type])))
    throw refuse('delivery/history', `other columns were added to ${step.notebook} before`, anew)
  if (own.source !== input.name)
    throw refuse('delivery/history', `table '${own.source}' was added to ${step.notebook} before`, anew)
  const head = findings.state.heads.get(input.name)
  if (!head) throw new InternalError(`table '${input.name}' has no version`)
  const { lake } = scope.workspace
  const around = { lake, pool: scope.pool, signal }
  const base = versionBeside(head, lastSame(findings, input, own.version))
  const between = await rowsBetween(around, input.name, base, head, input.columns)
  if ('unknown' in between)
    throw refuse(
      'delivery/history',
      `which rows of '${input.name}' are new is not known: ${between.unknown}`,
      anew,
    )
  if (between.removed.rows > 0)
    throw refuse(
      'delivery/rows-removed',
      `${between.removed.rows} rows of '${input.name}' that were added to ${step.notebook} are no longer in the table, or have changed`,
      "mode 'upsert' (with `deletes: true`) or 'replace' delivers what has changed",
    )
  return exportFiles(delivering, input, between.added.files, format)
}

/** A later version with the same rows, as the record of the delivery says: the one that it has may have been cleaned away. */
function lastSame({ state, step }: Delivering['findings'], input: DeclaredInput, version: string): string {
  const record = step.sink && state.steps.get(deliveryKey(step.sink))
  const read = record && tableInputs(record).find(({ table }) => table === input.name)
  return read?.good.has(version) ? read.version : version
}

const anew = "deliver once with mode 'replace', which makes the target what the table is, then append again"
