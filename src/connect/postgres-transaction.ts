import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import type copyStreams from 'pg-copy-streams'
import {
  namePartsOf,
  quotedName,
  type LoadColumn,
  type RowsFile,
  type SqlColumn,
  type SqlSubject,
  type SqlText,
  type SqlTransaction,
} from './connection.ts'
import { absentTable } from './postgres-names.ts'
import { postgresFault, type Subject } from './postgres-fault.ts'
import { writeHashed } from './write-hashed.ts'

/** A connection with what goes with it. */
export interface PostgresSession {
  readonly client: pg.Client
  readonly streams: typeof copyStreams
  readonly subject: Subject
  readonly signal?: AbortSignal
}

/** Values stay the texts that the server sent: the driver's own readers lose digits. */
const asTexts = { getTypeParser: () => (value: string) => value }

/** Statements of a transaction that is open. */
export function postgresTransaction({ client, streams, subject, signal }: PostgresSession): SqlTransaction {
  const asked = async (sql: string, params: readonly SqlText[] = []) => {
    signal?.throwIfAborted()
    try {
      return await client.query<SqlText[]>({
        text: sql,
        values: [...params],
        rowMode: 'array',
        types: asTexts,
      })
    } catch (error) {
      throw postgresFault(error, subject, sql)
    }
  }
  const rows = async (sql: string, params?: readonly SqlText[]) => (await asked(sql, params)).rows
  return {
    rows,
    describe: (subjectOf) => describe(asked, subject, subjectOf),
    run: async (sql, params) => (await asked(sql, params)).rowCount ?? 0,
    async copyOut(query, file): Promise<RowsFile> {
      const text = `COPY (${query}\n) TO STDOUT (FORMAT csv, FORCE_QUOTE *)`
      try {
        const stream = client.query(streams.to(text))
        const written = await writeHashed(stream, file)
        // The count comes behind the last row.
        await client.query('SELECT 1')
        return { ...written, rows: stream.rowCount }
      } catch (error) {
        throw postgresFault(error, subject)
      }
    },
    async load(table, columns: readonly LoadColumn[], file) {
      const into = namePartsOf(table).map(quotedName).join('.')
      const list = columns.map(({ name }) => quotedName(name)).join(', ')
      const stream = client.query(streams.from(`COPY ${into} (${list}) FROM STDIN (FORMAT csv)`))
      try {
        await pipeline(createReadStream(file, { highWaterMark: 1 << 18 }), stream)
        return stream.rowCount ?? 0
      } catch (error) {
        throw postgresFault(error, subject)
      }
    },
  }
}

type Asked = (sql: string, params?: readonly SqlText[]) => Promise<pg.QueryArrayResult<SqlText[]>>

/** The columns with their types as people write them, which the server knows by number. */
async function describe(asked: Asked, about: Subject, subject: SqlSubject): Promise<SqlColumn[]> {
  if ('table' in subject) await absentTable(asked, about, subject.table)
  const from =
    'table' in subject ? namePartsOf(subject.table).map(quotedName).join('.') : `(${subject.query}\n) AS q`
  const { fields } = await asked(`SELECT * FROM ${from} LIMIT 0`)
  if (fields.length === 0) return []
  const types = fields.map(
    ({ dataTypeID, dataTypeModifier }, at) => `(${at}, ${dataTypeID}, ${dataTypeModifier})`,
  )
  const named = await asked(
    `SELECT format_type(id::oid, modifier) FROM (VALUES ${types.join(', ')}) AS t (at, id, modifier) ORDER BY at`,
  )
  return fields.map(({ name }, place) => ({ name, type: named.rows[place]?.[0] ?? '' }))
}
