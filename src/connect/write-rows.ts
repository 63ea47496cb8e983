import { InternalError } from '../base/problem.ts'
import { quotedName, type SqlTransaction } from './connection.ts'
import type { SqlDelivery } from './delivery.ts'

/** Rows that wait for an upsert. A name of its own: it hides no table. */
const staging = 'sluice_staged_rows'

/** A file of rows in exchange form, with how many there are. */
export interface RowsToWrite {
  readonly file: string
  readonly rows: number
}

/** Writes rows into a target, within a transaction. Views, grants and indexes of the target stay. */
export async function writeRows(
  delivery: SqlDelivery,
  transaction: SqlTransaction,
  rows: RowsToWrite,
): Promise<void> {
  const { connection, target, mode } = delivery
  if (mode === 'upsert') return upsertRows(delivery, transaction, rows)
  // Not TRUNCATE: whoever reads meanwhile would wait, or see nothing.
  if (mode === 'replace') await transaction.run(`DELETE FROM ${connection.relation(target)}`)
  await loadAll(delivery, transaction, target, rows)
}

async function upsertRows(
  delivery: SqlDelivery,
  transaction: SqlTransaction,
  rows: RowsToWrite,
): Promise<void> {
  const { connection, target, columns, key, deletes } = delivery
  const into = connection.relation(target)
  const staged = quotedName(staging)
  const names = columns.map(({ name }) => quotedName(name)).join(', ')
  const keys = key.map(quotedName)
  await transaction.run(`CREATE TEMPORARY TABLE ${staged} AS SELECT ${names} FROM ${into} WHERE 1 = 0`)
  await loadAll(delivery, transaction, staging, rows)
  await transaction.run(`CREATE INDEX ${quotedName(`${staging}_key`)} ON ${staged} (${keys.join(', ')})`)
  if (connection.kind === 'postgres') await transaction.run(`ANALYZE ${staged}`)
  const others = columns.filter(({ name }) => !key.includes(name)).map(({ name }) => quotedName(name))
  const update =
    others.length === 0
      ? 'NOTHING'
      : `UPDATE SET ${others.map((name) => `${name} = excluded.${name}`).join(', ')}`
  await transaction.run(
    `INSERT INTO ${into} (${names}) SELECT ${names} FROM ${staged} WHERE 1 = 1 ON CONFLICT (${keys.join(', ')}) DO ${update}`,
  )
  if (deletes) {
    const same = keys.map((name) => `s.${name} = t.${name}`).join(' AND ')
    await transaction.run(
      `DELETE FROM ${into} AS t WHERE NOT EXISTS (SELECT 1 FROM ${staged} AS s WHERE ${same})`,
    )
  }
  await transaction.run(`DROP TABLE ${staged}`)
}

async function loadAll(
  { columns }: SqlDelivery,
  transaction: SqlTransaction,
  table: string,
  { file, rows }: RowsToWrite,
): Promise<void> {
  const loaded = await transaction.load(
    table,
    columns.map(({ name, type }) => ({ name, type })),
    file,
  )
  // Then nothing of it is committed.
  if (loaded !== rows) throw new InternalError(`${loaded} of ${rows} rows were loaded`)
}
