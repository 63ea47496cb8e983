import { digestOf } from '../base/digest.ts'
import { InternalError, ProblemError } from '../base/problem.ts'
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
import { tellOthers } from './tell-others.ts'

/** How often a delivery begins anew, because another run has delivered to the same target meanwhile. */
const rounds = 5

/**
 * Writes a table into a table of a database. Rows and the line of the ledger are one transaction, and the ledger is
 * read first: what it names as delivered is not delivered again, whatever became of the run that did it. Undefined
 * when the table has another version by now, which may be in the target already: then it must be judged anew.
 */
export async function deliverSql(delivering: Delivering, to: SqlSink): Promise<Delivered | undefined> {
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
      if (rows === 'overtaken') return undefined
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
): Promise<number | 'overtaken' | undefined> {
  const { connection, target, mode } = delivery
  const before = await connection.transaction((look) => readLedger(connection, look, target), {
    readOnly: true,
  })
  const own = ownLine(delivering, before)
  if (own && isDone(delivering, own, mode)) return tellDone(delivering, mode, before, own)
  // Looked at after the ledger: what is delivered later changes the line, and that is seen under the lock.
  if (own && (await isOvertaken(delivering, input))) return 'overtaken'
  const database = connection.kind
  const rows =
    mode === 'append'
      ? await appendedRows(delivering, delivery, input, before, own)
      : await exportTable(delivering, input, { kind: 'exchange', database })
  const line = lineOf(delivering, delivery, input, rows.rows)
  const others = { lines: before }
  const written = await connection.transaction(async (transaction) => {
    await lockTarget(connection, transaction, target)
    const lines = (others.lines = await readLedger(connection, transaction, target))
    const now = ownLine(delivering, lines)
    if (now && isDone(delivering, now, mode)) return { done: now }
    if (now?.version !== own?.version || now?.run !== own?.run) return undefined
    await prepareTarget(delivery, transaction)
    await writeRows(delivery, transaction, { file: rows.path, rows: rows.rows })
    await writeLedger(connection, transaction, { ...line, at: momentAfter(lines) })
    return { rows: rows.rows }
  })
  if (!written) return undefined
  if (written.done) return tellDone(delivering, mode, others.lines, written.done)
  tellOthers(delivering, mode, others.lines, own)
  return written.rows
}

/** Whether the table has another version by now. */
async function isOvertaken({ scope, findings }: Delivering, { name }: DeclaredInput): Promise<boolean> {
  const now = await scope.committer.renewed()
  return now.heads.get(name)?.version !== findings.state.heads.get(name)?.version
}

function ownLine({ scope, findings }: Delivering, lines: readonly LedgerLine[]): LedgerLine | undefined {
  const { id } = scope.workspace.lake
  return lines.find(({ lake, environment }) => lake === id && environment === findings.state.env)
}

/** Adding again what was added would double it, so that nothing forces that. */
function isDone({ findings }: Delivering, line: LedgerLine, mode: SqlDelivery['mode']): boolean {
  return line.fingerprint === findings.fingerprint && (mode === 'append' || !findings.forced)
}

function tellDone(
  delivering: Delivering,
  mode: SqlDelivery['mode'],
  lines: readonly LedgerLine[],
  own: LedgerLine,
): number {
  const { scope, findings } = delivering
  const { step } = findings
  const { run, rows } = own
  const message = `${step.notebook} has this version already: run ${run} delivered it`
  scope.emit({ event: 'notice', level: 'info', step: step.name, message })
  tellOthers(delivering, mode, lines, own, 'done')
  return rows
}

/** Now, and after all lines, whatever the clocks of other machines say: who delivered last has the last moment. */
function momentAfter(lines: readonly LedgerLine[]): string {
  const moments = lines.map(({ at }) => Date.parse(at) + 1).filter((ms) => !Number.isNaN(ms))
  return new Date(Math.max(Date.now(), ...moments)).toISOString()
}

function lineOf(
  { scope, findings }: Delivering,
  { target, columns }: SqlDelivery,
  { name }: DeclaredInput,
  rows: number,
): Omit<LedgerLine, 'at'> {
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
    run: scope.run,
  }
}
