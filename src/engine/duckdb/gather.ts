import type { DeclaredTable } from '../../contract/spec.ts'
import type { Connection } from './connection.ts'
import { Inserter } from './insert.ts'
import { contractRows, type RowsIn } from './rows-in.ts'
import { quoteName } from './sql-text.ts'
import { typeSql } from './types.ts'

/** The rows of an output that come in several pieces: gathered in a table of the engine, which can spill to disk. */
export class Gathering {
  private readonly connection: Connection
  private readonly table: DeclaredTable
  private readonly handle: string
  private readonly name: string
  private inserter: Inserter | undefined

  private constructor(connection: Connection, table: DeclaredTable, handle: string) {
    this.connection = connection
    this.table = table
    this.handle = handle
    this.name = `@output ${handle}`
  }

  static async open(connection: Connection, table: DeclaredTable, handle: string): Promise<Gathering> {
    const gathering = new Gathering(connection, table, handle)
    const columns = table.columns.map((column) => `${quoteName(column.name)} ${typeSql(column.type)}`)
    await connection.run(`CREATE TEMP TABLE ${quoteName(gathering.name)} (${columns.join(', ')})`)
    return gathering
  }

  /** The statement that adds the rows of a query. */
  statement(rows: RowsIn): string {
    return `INSERT INTO ${quoteName(this.name)} ${contractRows(this.table, rows)}`
  }

  async write(rows: RowsIn): Promise<void> {
    await this.connection.run(this.statement(rows), rows.params)
  }

  /** Adds rows. Rejects with a ProblemError when some do not fit the contract. */
  async insert(rows: readonly object[]): Promise<void> {
    await this.connection.exclusive(async () => {
      this.inserter ??= new Inserter(
        this.table,
        await this.connection.raw.createAppender(this.name, 'main', 'temp'),
      )
      this.inserter.add(rows)
    })
  }

  /** The table as SQL. */
  get relation(): string {
    return quoteName(this.name)
  }

  /** All rows that were added. */
  async rows(): Promise<RowsIn> {
    await this.connection.exclusive(() => {
      this.inserter?.finish()
      this.inserter = undefined
    })
    const place = { subject: `output table '${this.table.name}'`, handle: this.handle, text: '' }
    return { relation: quoteName(this.name), columns: this.table.columns, place }
  }

  async drop(): Promise<void> {
    await this.connection.run(`DROP TABLE IF EXISTS ${quoteName(this.name)}`)
  }
}
