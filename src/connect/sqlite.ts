import { existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type Libsql from 'libsql'
import { ProblemError } from '../base/problem.ts'
import { projectPackage } from '../storage/driver-package.ts'
import type { SqliteConfig } from './config.ts'
import { namePartsOf, quotedName, type OpenContext, type SqlConnection } from './connection.ts'
import { sqliteFault, sqliteTransaction } from './sqlite-transaction.ts'

/** How long a writer of another process is waited for, in ms. */
const patience = 10_000

/**
 * Opens a file of SQLite by the package `libsql`, which the project installs: better-sqlite3 needs a later Node,
 * or a compiler. The driver works at once, in this thread; `signal` is looked at between batches of rows.
 */
export async function openSqlite(context: OpenContext, config: SqliteConfig): Promise<SqlConnection> {
  const { root, name } = context
  const file = resolve(root, config.file)
  // The driver would make the file: a path with a mistake would be an empty database.
  if (config.create === true) mkdirSync(dirname(file), { recursive: true })
  else if (!existsSync(file)) throw absent(name, config.file)
  const Database = await projectPackage<typeof Libsql>(root, 'libsql', {
    code: 'connection/package-missing',
    message: `connection '${name}' needs the package libsql, which is not installed`,
    where: { file: 'sluice.yaml' },
  })
  const database = opened(Database, file, name)
  return {
    name,
    kind: 'sqlite',
    identifier: quotedName,
    literal: (text) => `'${text.replaceAll("'", "''")}'`,
    relation: (table) => namePartsOf(table).map(quotedName).join('.'),
    async transaction(work, { readOnly = false } = {}) {
      try {
        context.signal?.throwIfAborted()
        database.exec(`PRAGMA query_only = ${readOnly ? 1 : 0}`)
        database.exec(readOnly ? 'BEGIN' : 'BEGIN IMMEDIATE')
        const result = await work(sqliteTransaction(database, name, context.signal))
        context.signal?.throwIfAborted()
        database.exec('COMMIT')
        return result
      } catch (error) {
        if (database.inTransaction) database.exec('ROLLBACK')
        throw sqliteFault(error, name)
      }
    },
    close: () => {
      database.close()
      return Promise.resolve()
    },
  }
}

function opened(Database: typeof Libsql, file: string, name: string): Libsql.Database {
  try {
    const database = new Database(file)
    database.exec(`PRAGMA busy_timeout = ${patience}`)
    // A file of something else is seen by the first look into it.
    database.prepare('SELECT count(*) FROM sqlite_master').get()
    return database
  } catch (error) {
    throw sqliteFault(error, name)
  }
}

function absent(name: string, file: string): ProblemError {
  return new ProblemError({
    code: 'connection/unavailable',
    message: `connection '${name}': there is no file ${file}`,
    where: { file: 'sluice.yaml' },
    hint: 'the path is relative to the project; `create: true` beside it lets Sluice make the database',
  })
}
