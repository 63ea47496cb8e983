import { digestOf } from '../base/digest.ts'
import { InternalError, ProblemError } from '../base/problem.ts'
import type { SqlConnection, SqlTransaction } from '../connect/connection.ts'
import type { LedgerLine, SqlDelivery } from '../connect/delivery.ts'
import { lockTarget, readLedger, writeLedger } from '../connect/ledger.ts'
import { openConnection } from '../connect/open.ts'
import { prepareTarget } from '../connect/target.ts'
import { writeRows } from '../connect/write-rows.ts'
import type { SqlSink } from '../contract/sink.ts'
import type { DeclaredInput } from '../flow/declared.ts'
import type { Delivered } from '../freshness/target-files.ts'
import { exportTable, type Delivering } from './deliver-file.ts'
import { appendedRows } from './deliver-append.ts'

/** How often a delivery begins anew, because another run has delivered to the same target meanwhile. */
const rounds = 5

/**
 * Writes a table into a table of a database. Rows and the line of the ledger are one transaction, and the ledger is
 * read first: what it names as delivered is not delivered again, whatever became of the run that did it.
 */
export async function deliverSql(delivering: Delivering, to: SqlSink): Promise<Delivered> {
  const { scope, findings, signal } = delivering
  const { step } = findings
  const [input] = step.inputs
  if (!input) throw new InternalError(`step '${step.name}' delivers no table`)
  const { root, project } = scope.workspace
  const { connections } = project.config
  const connection = await openConnection({ root, connections, signal }, to.connection, step.where)
  try {
    const delivery: SqlDelivery = {
      connection,
      target: to.table,
      columns: input.columns,
      key: to.key ?? [],
      mode: to.mode ?? 'replace',
      deletes: to.deletes ?? false,
      step: step.name,
    }
    for (let round = 1; round <= rounds; round++) {
      const rows = await deliverOnce(delivering, delivery, input)
      if (rows !== undefined) return { target: step.notebook, rows }
    }
  } finally {
    await connection.close()
  }
  throw new ProblemError({
    code: 'delivery/failed',
    message: `step '${step.name}': other runs delivered to ${step.notebook} ${rounds} times meanwhile`,
    hint: 'run again when the others are done',
  })
}

/** How many rows were written; undefined when another run has delivered meanwhile, so that it must begin anew. */
async function deliverOnce(
  delivering: Delivering,
  delivery: SqlDelivery,
  input: DeclaredInput,
): Promise<number | undefined> {
  const { connection, target, mode } = delivery
  const before = await connection.transaction((look) => readLedger(connection, look, target), {
    readOnly: true,
  })
  const own = ownLine(delivering, before)
  if (own && isDone(delivering, own, mode)) return tellDone(delivering, own)
  const database = connection.kind
  const rows =
    mode === 'append'
      ? await appendedRows(delivering, delivery, input, before, own)
      : await exportTable(delivering, input, { kind: 'exchange', database })
  const line = lineOf(delivering, delivery, input, rows.rows)
  return connection.transaction(async (transaction) => {
    const now = await lockedLine(delivering, connection, transaction, target)
    if (now && isDone(delivering, now, mode)) return tellDone(delivering, now)
    if (now?.version !== own?.version || now?.run !== own?.run) return undefined
    await prepareTarget(delivery, transaction)
    await writeRows(delivery, transaction, { file: rows.path, rows: rows.rows })
    await writeLedger(connection, transaction, line)
    return rows.rows
  })
}

async function lockedLine(
  delivering: Delivering,
  connection: SqlConnection,
  transaction: SqlTransaction,
  target: string,
): Promise<LedgerLine | undefined> {
  await lockTarget(connection, transaction, target)
  return ownLine(delivering, await readLedger(connection, transaction, target))
}

function ownLine({ scope, findings }: Delivering, lines: readonly LedgerLine[]): LedgerLine | undefined {
  const { id } = scope.workspace.lake
  return lines.find(({ lake, environment }) => lake === id && environment === findings.state.env)
}

/** Adding again what was added would double it, so that nothing forces that. */
function isDone({ findings }: Delivering, line: LedgerLine, mode: SqlDelivery['mode']): boolean {
  return line.fingerprint === findings.fingerprint && (mode === 'append' || !findings.forced)
}

function tellDone({ scope, findings: { step } }: Delivering, { run, rows }: LedgerLine): number {
  const message = `${step.notebook} has this version already: run ${run} delivered it`
  scope.emit({ event: 'notice', level: 'info', step: step.name, message })
  return rows
}

function lineOf(
  { scope, findings }: Delivering,
  { target, columns }: SqlDelivery,
  { name }: DeclaredInput,
  rows: number,
): LedgerLine {
  return {
    lake: scope.workspace.lake.id,
    environment: findings.state.env,
    target,
    step: findings.step.name,
    source: name,
    version: findings.state.heads.get(name)?.version ?? '',
    fingerprint: findings.fingerprint,
    columns: digestOf(columns.map((column) => [column.name, column.type])),
    rows,
    at: new Date().toISOString(),
    run: scope.run,
  }
}
