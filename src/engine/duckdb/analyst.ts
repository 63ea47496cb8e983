import type { DuckDBInstance, DuckDBPreparedStatement } from '@duckdb/node-api'
import type { EngineOptions } from '../engine.ts'
import { Connection } from './connection.ts'
import { openInstance } from './instance.ts'
import { standInMacro } from './stand-in.ts'

/** What DuckDB says of a query: its syntax tree, and its plan in some scope, as JSON. */
export interface Told {
  readonly tree: string
  readonly plan: string
}

/** A connection with the statements that ask, prepared once: that alone takes half of what they cost. */
interface Lane {
  readonly connection: Connection
  readonly both: DuckDBPreparedStatement
  readonly plan: DuckDBPreparedStatement
}

/** So many queries are looked at side by side. */
const lanes = 2

/**
 * An instance that holds no data and reaches no file: whatever a query names, binding it reads nothing. Its
 * statements are shared by all analyses.
 */
export class Analyst {
  private readonly instance: DuckDBInstance
  private readonly all: readonly Lane[]
  private next = 0

  private constructor(instance: DuckDBInstance, all: readonly Lane[]) {
    this.instance = instance
    this.all = all
  }

  static async open(options: EngineOptions): Promise<Analyst> {
    const { memory, tempFolder } = options
    const instance = await openInstance({ memory, tempFolder, threads: 1 }, [
      standInMacro,
      'SET GLOBAL enable_external_access = false',
    ])
    return new Analyst(instance, await Promise.all(Array.from({ length: lanes }, () => openLane(instance))))
  }

  /** The tree of a query, and the plan of a text that holds it. */
  async ask(query: string, scoped: string): Promise<Told> {
    const { connection, both } = this.lane()
    const row = await connection.exclusive(async () => {
      both.bindVarchar(1, query)
      both.bindVarchar(2, scoped)
      return (await both.runAndReadAll()).getRows()[0]
    })
    return { tree: String(row?.[0]), plan: String(row?.[1]) }
  }

  async plan(scoped: string): Promise<string> {
    const { connection, plan } = this.lane()
    return connection.exclusive(async () => {
      plan.bindVarchar(1, scoped)
      return String((await plan.runAndReadAll()).getRows()[0]?.[0])
    })
  }

  /** A connection for what has no plan. */
  get connection(): Connection {
    return this.lane().connection
  }

  async close(): Promise<void> {
    for (const { connection } of this.all) await connection.close()
    this.instance.closeSync()
  }

  private lane(): Lane {
    const lane = this.all[this.next++ % this.all.length]
    if (!lane) throw new RangeError('no lane')
    return lane
  }
}

async function openLane(instance: DuckDBInstance): Promise<Lane> {
  const connection = await Connection.open(instance)
  const tree = 'json_serialize_sql($1::VARCHAR)'
  const plan = (at: number) => `json_serialize_plan($${at}::VARCHAR, optimize := false)`
  return {
    connection,
    both: await connection.raw.prepare(`SELECT ${tree}, ${plan(2)}`),
    plan: await connection.raw.prepare(`SELECT ${plan(1)}`),
  }
}
