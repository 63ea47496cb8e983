import { setImmediate } from 'node:timers/promises'
import type Libsql from 'libsql'
import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import {
  namePartsOf,
  quotedName,
  type LoadColumn,
  type SqlColumn,
  type SqlSubject,
  type SqlText,
  type SqlTransaction,
} from './connection.ts'
import { exchangeRows } from './exchange.ts'
import { exchangeLine, loadValue } from './sqlite-values.ts'
import { writeHashed } from './write-hashed.ts'

/** Rows between looks at the signal, and at all else that this thread has to do. */
const batch = 2000

/** Statements of a transaction that is open. */
export function sqliteTransaction(
  database: Libsql.Database,
  name: string,
  signal: AbortSignal | undefined,
): SqlTransaction {
  const prepared = (sql: string) => {
    try {
      return database.prepare(sql)
    } catch (error) {
      throw sqliteFault(error, name)
    }
  }
  const columnsOf = (subject: SqlSubject): SqlColumn[] => {
    if ('table' in subject) absentTable(database, name, subject.table)
    const from =
      'table' in subject ? namePartsOf(subject.table).map(quotedName).join('.') : `(${subject.query}\n)`
    return prepared(`SELECT * FROM ${from}`)
      .columns()
      .map((column) => ({ name: column.name, type: (column.type ?? '').toLowerCase() }))
  }
  return {
    describe: (subject) => Promise.resolve().then(() => columnsOf(subject)),
    rows: (sql, params = []) =>
      Promise.resolve().then(() => {
        const statement = prepared(sql).raw(true).safeIntegers(true)
        return (statement.all(...params) as SqliteValue[][]).map((row) => row.map(textOf))
      }),
    run: (sql, params = []) => Promise.resolve().then(() => prepared(sql).run(...params).changes),
    async copyOut(query, file) {
      const columns = columnsOf({ query })
      const statement = prepared(`SELECT ${exchangeLine(columns)} FROM (${query}\n)`).raw(true)
      let rows = 0
      const lines = async function* () {
        let piece = ''
        for (const [line] of statement.iterate() as IterableIterator<[string | null]>) {
          if (line === null) throw nulCharacter(name)
          piece += `${line}\n`
          rows += 1
          if (rows % batch !== 0) continue
          yield Buffer.from(piece)
          piece = ''
          signal?.throwIfAborted()
          await setImmediate()
        }
        yield Buffer.from(piece)
      }
      return { ...(await writeHashed(lines(), file)), rows }
    },
    async load(table, columns: readonly LoadColumn[], file) {
      const into = namePartsOf(table).map(quotedName).join('.')
      const names = columns.map((column) => quotedName(column.name)).join(', ')
      const values = columns.map(({ type }, at) => loadValue(type, at + 1)).join(', ')
      const statement = prepared(`INSERT INTO ${into} (${names}) VALUES (${values})`)
      let rows = 0
      for await (const row of exchangeRows(file)) {
        statement.run(...row)
        rows += 1
        if (rows % batch !== 0) continue
        signal?.throwIfAborted()
        await setImmediate()
      }
      return rows
    },
  }
}

type SqliteValue = string | number | bigint | Uint8Array | null

function textOf(value: SqliteValue): SqlText {
  if (value === null) return null
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  return String(value)
}

function absentTable(database: Libsql.Database, name: string, table: string): void {
  const known = database
    .prepare(`SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY 1`)
    .raw(true)
    .all() as [string][]
  const own = namePartsOf(table).at(-1) ?? ''
  if (known.some(([each]) => each.toLowerCase() === own.toLowerCase())) return
  throw new ProblemError({
    code: 'connection/query',
    message: `connection '${name}': there is no table or view '${table}'`,
    hint: didYouMean(
      own,
      known.map(([each]) => each),
    ),
  })
}

function nulCharacter(name: string): ProblemError {
  return new ProblemError({
    code: 'source/value',
    message: `connection '${name}': a text holds a NUL character, which no table keeps`,
    hint: "read it by a query that takes it out: replace(column, char(0), '')",
  })
}

/** What an error of SQLite means, as a ProblemError. */
export function sqliteFault(error: unknown, name: string): unknown {
  if (!(error instanceof Error) || error instanceof ProblemError) return error
  const { code } = error as Error & { readonly code?: string }
  const isTheirs = code?.startsWith('SQLITE_') === true || error.message.startsWith('ConnectionFailed')
  if (!isTheirs) return error
  const kind = /BUSY|LOCKED|CANTOPEN|NOTADB|CORRUPT|READONLY|IOERR|FULL|PERM/.test(code ?? 'CANTOPEN')
    ? 'connection/unavailable'
    : 'connection/query'
  const passing = /BUSY|LOCKED|IOERR|FULL/.test(code ?? '')
  return new ProblemError({ code: kind, message: `connection '${name}': ${error.message}` }, { passing })
}
