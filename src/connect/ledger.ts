import {
  namePartsOf,
  quotedName,
  type SqlConnection,
  type SqlText,
  type SqlTransaction,
} from './connection.ts'
import type { LedgerLine } from './delivery.ts'
import { tableByName, tableParams } from './postgres-names.ts'

/**
 * The ledger of deliveries: a table `sluice_deliveries` beside the target, with a line for each target, environment
 * and lake. A line is written in the transaction that writes the rows, so that each says of the other whether it
 * took effect (Gray and Reuter, "Transaction Processing", 10.2: testable actions).
 */
const ledgerName = 'sluice_deliveries'

const texts = [
  'lake',
  'environment',
  'target',
  'step',
  'source',
  'version',
  'fingerprint',
  'columns',
] as const

/** The ledger's name: it lies in the schema of the target. */
function ledgerOf(target: string): string {
  return [...namePartsOf(target).slice(0, -1), ledgerName].map(quotedName).join('.')
}

/** The place of a parameter in a statement. */
export function placeOf({ kind }: Pick<SqlConnection, 'kind'>, at: number): string {
  return `${kind === 'postgres' ? '$' : '?'}${at}`
}

/**
 * Makes whoever else delivers to the same target wait until this transaction has ended. SQLite has one writer anyway.
 * It comes first: what is read after it is what the one before has left.
 */
export async function lockTarget(
  { kind }: SqlConnection,
  transaction: SqlTransaction,
  target: string,
): Promise<void> {
  if (kind === 'postgres')
    await transaction.rows('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text', [
      `sluice delivery to ${ledgerOf(target)} ${target}`,
    ])
}

/** Whether there is a table, or a view, of a name, as the last transaction that ended has left it. */
export async function isThere(
  { kind }: SqlConnection,
  transaction: SqlTransaction,
  name: string,
): Promise<boolean> {
  const params = tableParams(name)
  const found =
    kind === 'postgres'
      ? await transaction.rows(tableByName, params)
      : await transaction.rows(
          `SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) = lower(?1)`,
          params.slice(0, 1),
        )
  return found.length > 0
}

/** All lines of a target; none where there is no ledger yet. */
export async function readLedger(
  connection: SqlConnection,
  transaction: SqlTransaction,
  target: string,
): Promise<readonly LedgerLine[]> {
  if (!(await isThere(connection, transaction, ledgerOf(target)))) return []
  const names = [...texts, 'rows', 'at', 'run'].map(quotedName).join(', ')
  const where = `${quotedName('target')} = ${placeOf(connection, 1)}`
  const found = await transaction.rows(`SELECT ${names} FROM ${ledgerOf(target)} WHERE ${where}`, [target])
  return found.map(([lake, environment, to, step, source, version, fingerprint, columns, rows, at, run]) => ({
    lake: lake ?? '',
    environment: environment ?? '',
    target: to ?? '',
    step: step ?? '',
    source: source ?? '',
    version: version ?? '',
    fingerprint: fingerprint ?? '',
    columns: columns ?? '',
    rows: Number(rows),
    at: at ?? '',
    run: run ?? '',
  }))
}

/** Writes the line of a delivery in the place of the one before. */
export async function writeLedger(
  connection: SqlConnection,
  transaction: SqlTransaction,
  line: LedgerLine,
): Promise<void> {
  const ledger = ledgerOf(line.target)
  if (!(await isThere(connection, transaction, ledger))) await makeLedger(connection, transaction, ledger)
  const place = (at: number) => placeOf(connection, at)
  const which = ['lake', 'environment', 'target'].map((name, at) => `${quotedName(name)} = ${place(at + 1)}`)
  await transaction.run(`DELETE FROM ${ledger} WHERE ${which.join(' AND ')}`, [
    line.lake,
    line.environment,
    line.target,
  ])
  const names = [...texts, 'rows', 'at', 'run'] as const
  const values: SqlText[] = names.map((name) => String(line[name]))
  const places = names.map((name, at) =>
    name === 'rows' ? `CAST(${place(at + 1)} AS BIGINT)` : place(at + 1),
  )
  await transaction.run(
    `INSERT INTO ${ledger} (${names.map(quotedName).join(', ')}) VALUES (${places.join(', ')})`,
    values,
  )
}

async function makeLedger(
  { kind }: SqlConnection,
  transaction: SqlTransaction,
  ledger: string,
): Promise<void> {
  // Two that make it at once would fail each other.
  if (kind === 'postgres')
    await transaction.rows('SELECT pg_advisory_xact_lock(hashtextextended($1, 1))::text', [ledger])
  const columns = [
    ...texts.map((name) => `${quotedName(name)} text NOT NULL`),
    `${quotedName('rows')} bigint NOT NULL`,
    `${quotedName('at')} text NOT NULL`,
    `${quotedName('run')} text NOT NULL`,
    `PRIMARY KEY (${['lake', 'environment', 'target'].map(quotedName).join(', ')})`,
  ]
  await transaction.run(`CREATE TABLE IF NOT EXISTS ${ledger} (${columns.join(', ')})`)
}
