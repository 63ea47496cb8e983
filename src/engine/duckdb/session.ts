import type { DuckDBInstance } from '@duckdb/node-api'
import type { DeclaredTable } from '../../contract/spec.ts'
import { InternalError, ProblemError, type Problem } from '../../base/problem.ts'
import { relationName, type RenderedQuery } from '../../contract/render.ts'
import type { Batch, KeptRows, OutputTarget, Session, SessionRequest, StagedOutput } from '../engine.ts'
import { passQuery, passWrite, type QueryRules } from './check-query.ts'
import { requireChecks } from './condition.ts'
import { Connection } from './connection.ts'
import type { ColumnOut } from './decode.ts'
import { FaultError, queryProblem, toldOf, type FaultPlace } from './faults.ts'
import type { Functions } from './functions.ts'
import { Gathering } from './gather.ts'
import { dropGiven, giveRows, type GivenTables } from './given.ts'
import { inputProblems, inputViews, type InputView } from './inputs.ts'
import { keepOutput, keptRows } from './keep.ts'
import { readBatches, type RowsOut } from './read.ts'
import type { RowsIn } from './rows-in.ts'
import { quoteName } from './sql-text.ts'
import { diagnose, isProblems, raise, stageOutput } from './stage.ts'

/** What has been written to an output so far: one query that has not run yet, or rows that are gathered. */
interface OutputState {
  readonly target: OutputTarget
  written: boolean
  query?: RowsIn
  gathering?: Promise<Gathering>
}

/** What a session gets from its engine. */
interface Around {
  readonly instance: DuckDBInstance
  readonly functions: Functions
  readonly onClose: (session: DuckDbSession) => void
}

/** One step's work on a connection of its own, where its inputs are views. */
export class DuckDbSession implements Session {
  private readonly instance: DuckDBInstance
  private readonly rules: QueryRules
  private readonly views: readonly InputView[]
  private readonly given: GivenTables
  private readonly outputs: ReadonlyMap<string, OutputState>
  private readonly streams = new Set<Connection>()
  private readonly onClose: (session: DuckDbSession) => void
  private interrupted = false

  private constructor(around: Around, rules: QueryRules, { views, given }: Prepared) {
    this.instance = around.instance
    this.onClose = around.onClose
    this.rules = rules
    this.views = views
    this.given = given
    this.outputs = new Map(rules.request.outputs.map((target) => [target.handle, { target, written: false }]))
  }

  /** Looks at all inputs and contracts. Rejects with a ProblemError with all that is wrong with them. */
  static async open(around: Around, request: SessionRequest): Promise<DuckDbSession> {
    const { instance, functions } = around
    const connection = await Connection.open(instance)
    try {
      const tables = request.outputs.map(({ table }) => table)
      const prepared = await toldOf('inputs', async () => {
        await requireChecks(connection, functions, [...tables, ...givenContracts(request)])
        return prepareInputs(connection, request)
      })
      return new DuckDbSession(around, { connection, functions, request }, prepared)
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  async write(handle: string, query: RenderedQuery): Promise<void> {
    const output = this.output(handle)
    const rows = await passWrite(this.rules, output.target.table, handle, query)
    const first = !output.written
    output.written = true
    // Alone, a query goes straight into its file when the step is finished.
    if (first) output.query = rows
    else await this.work(output, async () => this.into(await this.gathering(output), output, rows))
  }

  async insert(handle: string, rows: readonly object[]): Promise<void> {
    const output = this.output(handle)
    output.written = true
    await this.work(output, async () => (await this.gathering(output)).insert(rows))
  }

  async empty(handle: string): Promise<void> {
    const output = this.output(handle)
    output.written = true
    await this.work(output, () => this.gathering(output))
  }

  async *query(query: RenderedQuery): AsyncGenerator<Batch, void> {
    const place = { subject: 'query', handle: '', text: query.text }
    const { params } = await passQuery(this.rules, query, place)
    const exactTime =
      "read microseconds: epoch_us(column), or cut them off: date_trunc('millisecond', column)"
    const column = (name: string) => ({ subject: `query: column '${name}'`, exactTime })
    yield* this.stream({ query: query.text, params, column }, query.relations, place)
  }

  async *read(handle: string): AsyncGenerator<Batch, void> {
    const input = this.rules.request.inputs.find((item) => item.handle === handle)
    if (!input) throw new InternalError(`a step has no input '${handle}'`)
    const subject = `input table '${input.name}'`
    const column = (name: string): ColumnOut => {
      const readAs = input.columns.find((item) => item.name === name)?.readAs
      return { subject: `${subject}: column '${name}'`, ...(readAs && { readAs }) }
    }
    const query = `FROM ${quoteName(relationName(handle))}`
    yield* this.stream({ query, column }, [handle], { subject, handle, text: query })
  }

  async finish(): Promise<readonly StagedOutput[]> {
    const problems: Problem[] = []
    const staged: StagedOutput[] = []
    for (const output of this.outputs.values()) {
      const outcome = output.written
        ? await this.work(output, () => this.stage(output))
        : [unwritten(output.target)]
      if (isProblems(outcome)) problems.push(...outcome)
      else staged.push(outcome)
    }
    raise(problems)
    return staged
  }

  async kept(handle: string): Promise<KeptRows> {
    const { target, gathering } = this.output(handle)
    return this.work(this.output(handle), async () =>
      keptRows(this.rules.connection, target.table, await gathering),
    )
  }

  interrupt(): void {
    this.interrupted = true
    this.rules.connection.interrupt()
    for (const stream of this.streams) stream.interrupt()
  }

  async close(): Promise<void> {
    for (const stream of this.streams) await stream.close()
    if (!this.interrupted) await dropGiven(this.rules.connection, this.given)
    await this.rules.connection.close()
    this.onClose(this)
  }

  private output(handle: string): OutputState {
    const output = this.outputs.get(handle)
    if (!output) throw new InternalError(`a step has no output '${handle}'`)
    return output
  }

  private async *stream(
    out: RowsOut,
    handles: readonly string[],
    place: FaultPlace,
  ): AsyncGenerator<Batch, void> {
    const views = this.views.filter(({ handle }) => handles.includes(handle))
    const opened = (connection: Connection) => {
      this.streams.add(connection)
      if (this.interrupted) connection.interrupt()
    }
    const closed = (connection: Connection) => this.streams.delete(connection)
    try {
      yield* readBatches(this.instance, views, out, { opened, closed })
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      const problems = await inputProblems(this.rules.connection, this.inputsOf(handles), error.fault)
      throw new ProblemError(problems.length > 0 ? problems : queryProblem(error.fault, place))
    }
  }

  private inputsOf(handles: readonly string[]) {
    return this.rules.request.inputs.filter(({ handle }) => handles.includes(handle))
  }

  private async stage(output: OutputState): Promise<StagedOutput | readonly Problem[]> {
    const staging = this.staging(output)
    if (output.target.folder === undefined)
      return keepOutput(staging.connection, output.target, this.given, () => this.gathering(output))
    if (!output.gathering) return output.query ? stageOutput(staging, output.query) : []
    const gathering = await output.gathering
    const outcome = await stageOutput(staging, await gathering.rows())
    await gathering.drop()
    return outcome
  }

  private staging({ target }: OutputState) {
    return { connection: this.rules.connection, inputs: this.rules.request.inputs, target }
  }

  /** The table that gathers an output's rows; a query that was to go straight into its file goes there first. */
  private gathering(output: OutputState): Promise<Gathering> {
    output.gathering ??= this.openGathering(output)
    return output.gathering
  }

  private async openGathering(output: OutputState): Promise<Gathering> {
    const { table, handle } = output.target
    const gathering = await Gathering.open(this.rules.connection, table, handle)
    if (output.query) await this.into(gathering, output, output.query)
    return gathering
  }

  private work<T>({ target }: OutputState, work: () => Promise<T>): Promise<T> {
    return toldOf(`output table '${target.table.name}'`, work)
  }

  private async into(gathering: Gathering, output: OutputState, rows: RowsIn): Promise<void> {
    try {
      await gathering.write(rows)
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      raise(await diagnose(this.staging(output), rows, error, gathering.statement(rows)))
    }
  }
}

/** The inputs as views, and the tables behind those that are given as rows. */
interface Prepared {
  readonly views: readonly InputView[]
  readonly given: GivenTables
}

async function prepareInputs(connection: Connection, { inputs }: SessionRequest): Promise<Prepared> {
  const given = await giveRows(connection, inputs)
  const views = await inputViews(connection, inputs, given)
  for (const view of views) await connection.run(view.sql)
  return { views, given }
}

function givenContracts({ inputs }: SessionRequest): DeclaredTable[] {
  return inputs.flatMap(({ from }) => (from.kind === 'rows' && from.contract ? [from.contract] : []))
}

function unwritten({ table }: OutputTarget): Problem {
  return {
    code: 'step/output-unwritten',
    message: `output table '${table.name}' was not written`,
    ...(table.where && { where: table.where }),
    hint: 'write it, insert rows, or say that it has none: outputs.x.empty()',
  }
}
