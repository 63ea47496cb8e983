import { ProblemError, problemsOf } from '../base/problem.ts'
import { changesHandle, notIncremental, type ChangeSide, type IncrementalMode } from '../contract/changes.ts'
import type {
  ChangingInput,
  Database,
  InputHandle,
  Log,
  OutputHandle,
  RunContext,
} from '../contract/context.ts'
import type { Columns } from '../contract/column.ts'
import type { Inputs } from '../contract/input.ts'
import { partitionSeen, type PartitionTold } from '../contract/partition-told.ts'
import { renderTraced, type QueryOrigin } from '../contract/render.ts'
import { Relation, sql, type Sql } from '../contract/sql.ts'
import type { Tables } from '../contract/table.ts'
import { withOrigin, type EngineProblem } from '../engine/analysis.ts'
import type { Batch, Session } from '../engine/engine.ts'
import { insertRows } from './insert-rows.ts'

/** What a step's code gets, over one session of the engine. */
export interface ContextParts {
  readonly session: Session
  readonly inputs: readonly { readonly handle: string; readonly columns: readonly string[] }[]
  readonly outputs: readonly { readonly handle: string; readonly table: string }[]
  readonly args: unknown
  readonly env: unknown
  readonly secrets: readonly string[]
  /** The partition that is computed. */
  readonly partition?: PartitionTold | undefined
  /** Where the value of a secret comes from; the process's environment when left out. */
  readonly secretOf?: (name: string) => string | undefined
  readonly log: Log
  readonly signal: AbortSignal
  /** Set for an incremental step. */
  readonly incremental?: { readonly full: boolean } | undefined
}

type LooseContext = RunContext<Inputs, Tables, unknown, unknown, string, IncrementalMode>

export function notebookContext(parts: ContextParts): LooseContext {
  const { session } = parts
  const db = database(session)
  const inputs = parts.inputs.map(({ handle, columns }) => [
    handle,
    changing(inputHandle(session, db, handle, columns), parts, db),
  ])
  const outputs = parts.outputs.map(({ handle, table }) => [handle, outputHandle(session, handle, table)])
  return {
    inputs: Object.fromEntries(inputs) as LooseContext['inputs'],
    outputs: Object.fromEntries(outputs) as LooseContext['outputs'],
    args: parts.args,
    env: parts.env,
    secrets: secretsOf(parts.secrets, parts.secretOf ?? ((name) => process.env[name])),
    partition: (parts.partition && partitionSeen(parts.partition)) as undefined,
    db,
    log: parts.log,
    signal: parts.signal,
  }
}

/** An input with what changed of it. */
function changing(
  input: InputHandle<Columns>,
  { session, incremental }: Pick<ContextParts, 'session' | 'incremental'>,
  db: Database,
): ChangingInput<Columns> {
  const { handle, columns } = input
  const side = (name: ChangeSide) => inputHandle(session, db, changesHandle(handle, name), columns)
  return Object.assign(input, {
    changes: () => {
      if (!incremental) throw notIncremental(handle)
      return { full: incremental.full, added: side('added'), removed: side('removed') }
    },
  })
}

function inputHandle(
  session: Session,
  db: Database,
  handle: string,
  columns: readonly string[],
): InputHandle<Columns> {
  const relation = new Relation(handle, columns)
  const rows = () => rowsOf<never>(session.read(handle))
  const one = async () => Number((await db.one<{ n: bigint }>(sql`SELECT count(*) AS n FROM ${relation}`)).n)
  return Object.assign(relation, {
    rows,
    all: () => collect(rows()),
    batches: () => namedBatches(session.read(handle)),
    count: one,
  }) as InputHandle<Columns>
}

function outputHandle(session: Session, handle: string, table: string): OutputHandle<Columns> {
  return {
    insert: (rows) => insertRows(session, handle, table, rows),
    write: (query) => write(session, handle, query),
    empty: () => session.empty(handle),
  }
}

/** A fault of a query is told with where its text comes from. */
async function write(session: Session, handle: string, sqlQuery: Sql): Promise<void> {
  const { query, origin } = renderTraced(sqlQuery)
  try {
    await session.write(handle, query)
  } catch (error) {
    throw tracedError(error, origin)
  }
}

async function* batchesOf(session: Session, sqlQuery: Sql): AsyncGenerator<Batch, void> {
  const { query, origin } = renderTraced(sqlQuery)
  try {
    yield* session.query(query)
  } catch (error) {
    throw tracedError(error, origin)
  }
}

function tracedError(error: unknown, origin: QueryOrigin): unknown {
  const problems: readonly EngineProblem[] | undefined = problemsOf(error)
  return problems ? new ProblemError(problems.map((problem) => withOrigin(problem, origin))) : error
}

function database(session: Session): Database {
  const query = <R extends object>(text: Sql) => rowsOf<R>(batchesOf(session, text))
  const all = <R extends object>(text: Sql) => collect(query<R>(text))
  return {
    query: query as Database['query'],
    all,
    one: (async (text: Sql) => {
      const rows = await all(text)
      if (rows.length === 1) return rows[0]
      throw new ProblemError({
        code: 'query/statement',
        message: `db.one() expects one row, and the query gave ${rows.length}`,
        hint: 'use db.all() where there may be none or several',
      })
    }) as Database['one'],
  }
}

/** Rows as objects, made chunk by chunk. */
async function* rowsOf<R extends object>(batches: AsyncIterable<Batch>): AsyncGenerator<R> {
  for await (const { rows, names, columns } of batches) {
    const proto = names.indexOf('__proto__')
    for (let at = 0; at < rows; at++) {
      const row: Record<string, unknown> = {}
      for (let column = 0; column < names.length; column++)
        row[names[column] as string] = columns[column]?.[at]
      // Set like the others, it is the prototype.
      if (proto >= 0)
        Object.defineProperty(row, '__proto__', {
          value: columns[proto]?.[at],
          enumerable: true,
          writable: true,
        })
      yield row as R
    }
  }
}

async function* namedBatches(
  batches: AsyncIterable<Batch>,
): AsyncGenerator<{ rows: number; columns: Record<string, unknown> }> {
  for await (const { rows, names, columns } of batches) {
    yield { rows, columns: Object.fromEntries(names.map((name, at) => [name, columns[at]])) }
  }
}

async function collect<R>(rows: AsyncIterable<R>): Promise<R[]> {
  const list: R[] = []
  for await (const row of rows) list.push(row)
  return list
}

/** Secrets are fetched when they are asked for, and are kept nowhere. */
function secretsOf(
  names: readonly string[],
  valueOf: (name: string) => string | undefined,
): Readonly<Record<string, string>> {
  const secrets: Record<string, string> = {}
  for (const name of names) {
    Object.defineProperty(secrets, name, {
      enumerable: false,
      get: () => {
        const value = valueOf(name)
        if (value !== undefined) return value
        throw new ProblemError({
          code: 'notebook/env-invalid',
          message: `the secret ${name} is not set`,
          hint: `set the variable ${name} of the process's environment`,
        })
      },
    })
  }
  return secrets
}
