import { describe, expect, test } from 'vitest'
import type { SqlConnection, SqlTransaction } from '../../src/connect/connection.ts'
import type { LedgerLine } from '../../src/connect/delivery.ts'
import { isThere, lockTarget, readLedger, writeLedger } from '../../src/connect/ledger.ts'
import { openConnection } from '../../src/connect/open.ts'
import { hasPostgres, withPostgres, type PostgresServer } from '../connect/postgres-server.ts'

let server: PostgresServer | undefined
withPostgres((started) => (server = started))

const target = 'public.numbers'
const line: LedgerLine = {
  lake: 'l',
  environment: 'prod',
  target,
  step: 'out',
  source: 'gold.numbers',
  version: '1',
  fingerprint: 'f',
  columns: 'c',
  rows: 2,
  at: '2026-01-01T00:00:00.000Z',
  run: 'first',
}

async function open(database: string): Promise<SqlConnection> {
  process.env['LEDGER_URL'] = server?.url(database) ?? ''
  const connections = { db: { kind: 'postgres', url: '${env:LEDGER_URL}' } } as const
  return openConnection({ root: process.cwd(), connections }, 'db')
}

/**
 * Two sessions look and find nothing, as two runs do that begin together. Then the second waits for the first, which
 * makes table and ledger and commits; what the second sees after that is returned.
 */
async function seenBySecond<T>(look: (db: SqlConnection, each: SqlTransaction) => Promise<T>): Promise<T[]> {
  const database = (await server?.database()) ?? ''
  const [first, second, watch] = [await open(database), await open(database), await open(database)]
  try {
    const before = await second.transaction((each) => look(second, each), { readOnly: true })
    let after: Promise<T> | undefined
    await first.transaction(async (each) => {
      await lockTarget(first, each, target)
      after = second.transaction(async (late) => {
        await lockTarget(second, late, target)
        return look(second, late)
      })
      await waiting(watch)
      await each.run('CREATE TABLE numbers (id int)')
      await writeLedger(first, each, line)
    })
    return [before, ...(after ? [await after] : [])]
  } finally {
    await Promise.all([first, second, watch].map((each) => each.close()))
  }
}

/** Ends when a session waits for a lock that another holds. */
async function waiting(watch: SqlConnection): Promise<void> {
  for (;;) {
    const rows = await watch.transaction((each) =>
      each.rows(`SELECT pid::text FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`),
    )
    if (rows.length > 0) return
  }
}

describe.runIf(hasPostgres)('a delivery that has waited for another one', () => {
  test('sees the line in a ledger that was made meanwhile', async () => {
    expect(await seenBySecond((db, each) => readLedger(db, each, target))).toEqual([[], [line]])
  })

  test('sees the target that was made meanwhile', async () => {
    expect(await seenBySecond((db, each) => isThere(db, each, target))).toEqual([false, true])
  })

  test('would not see them by to_regclass, which tells what the session remembers', async () => {
    const asked = async (_: SqlConnection, each: SqlTransaction) =>
      (await each.rows('SELECT to_regclass($1)::text', [target]))[0]?.[0]
    expect(await seenBySecond(asked)).toEqual([null, null])
  })
})
