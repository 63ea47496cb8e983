import type { DuckDBInstance } from '@duckdb/node-api'
import { InternalError, ProblemError, type Problem } from '../../base/problem.ts'
import type { RenderedQuery } from '../../contract/render.ts'
import type {
  Batch,
  CheckResult,
  KeptRows,
  OutputTarget,
  Session,
  SessionRequest,
  SourceRead,
  StagedOutput,
} from '../engine.ts'
import { passQuery, passWrite, type QueryRules } from './check-query.ts'
import type { Around } from './around.ts'
import { Connection } from './connection.ts'
import { FaultError, queryProblem, toldOf, type FaultPlace } from './faults.ts'
import { Gathering } from './gather.ts'
import { dropGiven, givenOthers, type GivenTables } from './given.ts'
import { rowsOnto, takeOutKeys } from './held.ts'
import { inputProblems, type InputView } from './inputs.ts'
import { keepOutput, keptRows } from './keep.ts'
import { prepare, unwritten, type Prepared } from './prepare.ts'
import { inputOut, readBatches, type RowsOut } from './read.ts'
import type { RowsIn } from './rows-in.ts'
import type { ReadySources } from './ready-sources.ts'
import { rejectRows, rejectsLast } from './reject.ts'
import {
  checkWritten,
  diagnose,
  isProblems,
  raise,
  stageWritten,
  writeOutput,
  writtenRows,
  type Staging,
  type Written,
} from './stage.ts'

/** What has been written to an output so far: one query that has not run yet, or rows that are gathered. */
interface OutputState {
  readonly target: OutputTarget
  written: boolean
  query?: RowsIn
  gathering?: Promise<Gathering>
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
  private readonly results: CheckResult[] = []
  private readonly ready: ReadySources
  private interrupted = false

  private constructor(around: Around<DuckDbSession>, rules: QueryRules, { views, given, ready }: Prepared) {
    this.ready = ready
    this.instance = around.instance
    this.onClose = around.onClose
    this.rules = rules
    this.views = views
    this.given = given
    this.outputs = new Map(rules.request.outputs.map((target) => [target.handle, { target, written: false }]))
  }

  /** Looks at all inputs and contracts. Rejects with a ProblemError with all that is wrong with them. */
  static async open(around: Around<DuckDbSession>, request: SessionRequest): Promise<DuckDbSession> {
    const { instance, functions, parses } = around
    const connection = await Connection.open(instance)
    try {
      const prepared = await toldOf('inputs', () =>
        prepare(connection, functions, request, around.tempFolder),
      )
      return new DuckDbSession(around, { connection, functions, parses, request: prepared.request }, prepared)
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

  async takeOut(handle: string, query: RenderedQuery): Promise<void> {
    const output = this.output(handle)
    await this.work(output, () => takeOutKeys(this.rules, output.target, query))
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
    const { subject, out } = inputOut(this.rules.request.inputs, handle)
    yield* this.stream(out, [handle], { subject, handle, text: out.query })
  }

  async finish(): Promise<readonly StagedOutput[]> {
    const problems: Problem[] = []
    const written: Written[] = []
    const staged: StagedOutput[] = []
    const keep = (outcome: StagedOutput | Written | readonly Problem[]) => {
      if (isProblems(outcome)) problems.push(...outcome)
      else if ('file' in outcome) written.push(outcome)
      else staged.push(outcome)
    }
    for (const output of rejectsLast(this.outputs.values())) {
      const { rejectsOfInput } = output.target
      if (rejectsOfInput !== undefined) await this.work(output, () => this.fill(output, rejectsOfInput))
      if (output.written) await this.work(output, async () => keep(await this.stage(output)))
      else problems.push(unwritten(output.target))
    }
    // Checks see the other tables that the step writes as they will be.
    const siblings = Object.fromEntries(written.map((each) => [each.target.table.name, writtenRows(each)]))
    for (const each of written) {
      const output = this.output(each.target.handle)
      await this.work(output, async () => keep(await checkWritten(this.staging(output), each, siblings)))
    }
    raise(problems)
    // Last of all, because checks read what was written as it lies there now.
    for (const each of written) {
      const output = this.output(each.target.handle)
      await this.work(output, async () => keep(await stageWritten(this.rules, each)))
    }
    return staged
  }

  checks(): readonly CheckResult[] {
    return this.results
  }

  sources(): readonly SourceRead[] {
    return this.ready.reads()
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
    await this.ready.close()
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

  private async stage(output: OutputState): Promise<StagedOutput | Written | readonly Problem[]> {
    const staging = this.staging(output)
    await this.reject(output)
    if (output.target.folder === undefined)
      return keepOutput(staging.connection, output.target, this.given, () => this.gathering(output))
    if (output.target.held) {
      const { rows, kept } = await rowsOnto(staging.connection, output, () => this.gathering(output))
      return writeOutput(staging, rows, kept)
    }
    if (!output.gathering) return output.query ? writeOutput(staging, output.query) : []
    const gathering = await output.gathering
    const outcome = await writeOutput(staging, await gathering.rows())
    await gathering.drop()
    return outcome
  }

  /** Fills the table that keeps what a source rejects. */
  private async fill(output: OutputState, input: string): Promise<void> {
    output.written = true
    const gathering = await this.gathering(output)
    const rows = this.ready.parted.get(input)?.rejects.relation
    if (rows !== undefined) await this.rules.connection.run(`INSERT INTO ${gathering.relation} FROM ${rows}`)
  }

  /** Parts rows that checks reject from the others: all rows of the output are gathered for it. */
  private async reject(output: OutputState): Promise<void> {
    const { target } = output
    const rejects = [...this.outputs.values()].find((other) => other.target.rejectsOf === target.handle)
    if (rejects) {
      rejects.written = true
      await this.gathering(rejects)
    }
    if (!target.table.checks.some(({ onFailure }) => onFailure === 'reject')) return
    const gathered = await this.gathering(output)
    await gathered.rows()
    const to = await rejects?.gathering
    const given = givenOthers(target.otherInputs ?? {}, this.given)
    const { connection } = this.rules
    const results = await rejectRows(connection, target, gathered.relation, to?.relation, given)
    this.results.push(...results)
  }

  private staging({ target }: OutputState): Staging {
    const { connection, request } = this.rules
    const { now = Date.now(), failures } = request
    return {
      connection,
      inputs: request.inputs,
      target,
      judging: { now, ...(failures && { failures }) },
      tell: (checks) => this.results.push(...checks),
    }
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
