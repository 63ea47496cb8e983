import { isDeepStrictEqual, inspect } from 'node:util'
import { ProblemError, problemsOf, type Place, type Problem } from '../base/problem.ts'
import { callSite } from '../base/site.ts'
import { didYouMean } from '../base/suggest.ts'
import { fromWire } from '../base/wire.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import { placeWithin } from '../flow/place.ts'
import { computeNotebook, type Computed, type LogLine } from './compute.ts'
import { differenceText } from './diff-text.ts'
import { expectedRows } from './expected.ts'
import { callStack, TestProblems, thrownAt, Unexpected, type CallStack } from './failed.ts'
import type { LooseRow } from './fill.ts'
import { isFixture } from './fixture.ts'
import { differenceOf } from './match.ts'
import { prepare, type LooseGiven, type Prepared } from './prepare.ts'
import { readFixture } from './read-fixture.ts'
import { sharedEngine } from './shared-engine.ts'
import type {
  ExpectedOf,
  ExpectOptions,
  GivenOf,
  GivenOptions,
  OutputHandleOf,
  ResultOf,
  RowOf,
} from './types.ts'
import { vacuousProblems } from './vacuous.ts'

/** A notebook with rows, computed once when the first thing is asked of it. */
export interface Given<N extends AnyNotebook> {
  /**
   * The rows of outputs, in any order: each expected row is there, and no others. Only the columns that a row
   * mentions are compared. Outputs that are left out are only held against their contracts.
   */
  expect(expected: ExpectedOf<N>, options?: ExpectOptions): Promise<void>
  /** These rows are there, among others. */
  expectSome(expected: ExpectedOf<N>, options?: ExpectOptions): Promise<void>
  expectEmpty(...outputs: readonly [OutputHandleOf<N>, ...OutputHandleOf<N>[]]): Promise<void>
  /** The rows of an output, as another notebook would read them. */
  rows<H extends OutputHandleOf<N>>(output: H): Promise<RowOf<N, H>[]>
  /**
   * The notebook fails: with a Problem of this code, and of this text in its message when it is given. What the
   * code of a notebook throws has the code `step/threw`.
   */
  fails(code: Problem['code'], message?: string | RegExp): Promise<readonly Problem[]>
  /** What the code of a `run` notebook returns. With a value: holds both against each other. */
  result(...expected: readonly [] | readonly [ResultOf<N>]): Promise<ResultOf<N>>
  /** What the code of a `run` notebook said to its log. */
  logs(): Promise<readonly LogLine[]>
}

/**
 * Gives a notebook rows, and computes it in this process, in memory, with the code that a run uses.
 *
 * @param values rows by input, and `args`; columns that a row leaves out are filled from the contract
 */
export function given<N extends AnyNotebook>(
  notebook: N,
  values: GivenOf<N>,
  options: GivenOptions<N> = {},
): Given<N> {
  return new GivenNotebook(notebook, values, options, callSite()) as unknown as Given<N>
}

type Rows = { readonly [handle: string]: readonly LooseRow[] | undefined }

class GivenNotebook {
  private readonly notebook: AnyNotebook
  private readonly loose: object
  private readonly options: GivenOptions<AnyNotebook>
  private readonly where: Place | undefined
  private outcome: Promise<Outcome> | undefined

  constructor(
    notebook: AnyNotebook,
    loose: object,
    options: GivenOptions<AnyNotebook>,
    where: Place | undefined,
  ) {
    this.notebook = notebook
    this.loose = loose
    this.options = options
    this.where = where && placeWithin(process.cwd(), where)
  }

  expect(expected: object, options: ExpectOptions = {}): Promise<void> {
    return told(callStack('GivenNotebook.'), () => this.compare(expected, false, options))
  }

  expectSome(expected: object, options: ExpectOptions = {}): Promise<void> {
    return told(callStack('GivenNotebook.'), () => this.compare(expected, true, options))
  }

  expectEmpty(...outputs: readonly string[]): Promise<void> {
    return told(callStack('GivenNotebook.'), async () => {
      const { prepared } = await this.ready()
      refuse(outputs.flatMap((handle) => this.unknownOutput(prepared, handle)))
      if (outputs.length === 0) refuse(vacuousProblems({}, {}, { some: false, vacuous: false }))
      const expected = Object.fromEntries(outputs.map((handle) => [handle, []]))
      await this.hold(expected, false)
    })
  }

  rows(output: string): Promise<unknown[]> {
    return told(callStack('GivenNotebook.'), async () => {
      const { prepared } = await this.ready()
      refuse(this.unknownOutput(prepared, output))
      return (await this.computed()).outputs.get(output)?.rows() ?? []
    })
  }

  fails(code: string, message: string | RegExp = ''): Promise<readonly Problem[]> {
    return told(callStack('GivenNotebook.'), async () => {
      const { thrown, computed } = await this.ready()
      if (computed) throw new Unexpected(`the notebook was to fail with ${code}, and it did not fail`)
      const problems = problemsOf(thrown) ?? [{ code: 'step/threw' as const, message: textOf(thrown) }]
      const fits = (text: string) =>
        typeof message === 'string' ? text.includes(message) : message.test(text)
      if (problems.some((problem) => problem.code === code && fits(problem.message))) return problems
      const wanted = message === '' ? code : `${code} and ${String(message)}`
      const found = problems.map((problem) => `  ${problem.code}: ${problem.message}`)
      throw new Unexpected(
        `the notebook was to fail with ${wanted}, and it failed with:\n${found.join('\n')}`,
      )
    })
  }

  result(...expected: readonly unknown[]): Promise<unknown> {
    return told(callStack('GivenNotebook.'), async () => {
      const { result } = await this.computed()
      const value = result === undefined ? undefined : fromWire(result)
      if (expected.length === 0 || isDeepStrictEqual(value, expected[0])) return value
      throw new Unexpected(`the result is ${inspect(value)}, and ${inspect(expected[0])} was expected`)
    })
  }

  logs(): Promise<readonly LogLine[]> {
    return told(callStack('GivenNotebook.'), async () => (await this.computed()).logs)
  }

  /** Computes it, which holds all outputs against their contracts. */
  async holds(): Promise<void> {
    await this.computed()
  }

  private async compare(expected: object, some: boolean, { vacuous = false }: ExpectOptions): Promise<void> {
    const rows = await rowsIn(expected)
    const { prepared, inputs } = await this.ready()
    refuse([
      ...Object.keys(rows).flatMap((handle) => this.unknownOutput(prepared, handle)),
      ...vacuousProblems(rows, inputs, { some, vacuous, ...(this.where && { where: this.where }) }),
    ])
    await this.hold(rows, some)
  }

  private async hold(expected: Rows, some: boolean): Promise<void> {
    const { prepared } = await this.ready()
    const targets = prepared.request.outputs.filter(({ handle }) => expected[handle] !== undefined)
    const wanted = targets.map(({ handle, table }) => ({
      handle,
      table,
      ...expectedRows(handle, table, expected[handle] ?? [], this.where),
    }))
    refuse(wanted.flatMap(({ problems }) => problems))
    const computed = await this.computed()
    const texts = wanted.flatMap(({ handle, table, rows }) => {
      const found = computed.outputs.get(handle)?.cells ?? []
      const key = table.key.map((name) => table.columns.findIndex((column) => column.name === name))
      const difference = differenceOf(rows, found, key)
      const { missing, extra, changed } = difference
      if (missing.length + changed.length + (some ? 0 : extra.length) === 0) return []
      return [differenceText(table, difference, { expected: rows, found: found.length, some })]
    })
    if (texts.length > 0) throw new Unexpected(texts.join('\n'))
  }

  private unknownOutput({ request }: Prepared, handle: string): Problem[] {
    const known = request.outputs.map((output) => output.handle)
    if (known.includes(handle)) return []
    const hint = didYouMean(handle, known)
    const message = `the notebook has no output '${handle}'`
    return [
      {
        code: 'test/invalid',
        message,
        ...(this.where && { where: this.where }),
        ...(hint !== undefined && { hint }),
      },
    ]
  }

  private async computed(): Promise<Computed> {
    const { computed, thrown } = await this.ready()
    if (computed) return computed
    throw thrown
  }

  /** What was given, prepared and computed; throws when what was given is wrong. */
  private ready(): Promise<Outcome> {
    this.outcome ??= this.compute()
    return this.outcome
  }

  private async compute(): Promise<Outcome> {
    const engine = await sharedEngine()
    const { args, inputs } = split(this.loose, this.notebook, this.options)
    const { env = {}, secrets = {}, unchecked = false } = this.options
    const read = await rowsIn(inputs)
    const fixtures = Object.entries(inputs).flatMap(([handle, value]) => (isFixture(value) ? [handle] : []))
    const loose: LooseGiven = {
      inputs: read,
      fixtures,
      args,
      env,
      secrets,
      unchecked,
      ...(this.where && { where: this.where }),
    }
    const { prepared, problems } = await prepare(engine, this.notebook, loose)
    refuse(problems)
    try {
      return { prepared, inputs: read, computed: await computeNotebook(engine, prepared) }
    } catch (thrown) {
      return { prepared, inputs: read, thrown }
    }
  }
}

interface Outcome {
  readonly prepared: Prepared
  readonly inputs: Rows
  readonly computed?: Computed
  readonly thrown?: unknown
}

/** `args` stands among the rows, unless an input has that name. */
function split(loose: object, { inputs }: AnyNotebook, options: GivenOptions<AnyNotebook>) {
  if (Object.hasOwn(inputs as object, 'args')) return { inputs: loose, args: (options.args ?? {}) as object }
  const { args = options.args ?? {}, ...others } = loose as { readonly args?: object }
  return { inputs: others, args }
}

/** Rows by handle, read from their files where they are fixtures; the faults of all files come at once. */
async function rowsIn(loose: object): Promise<Rows> {
  const problems: Problem[] = []
  const rows: Record<string, readonly LooseRow[]> = {}
  for (const [handle, value] of Object.entries(loose)) {
    try {
      rows[handle] = isFixture(value) ? await readFixture(value) : (value as readonly LooseRow[])
    } catch (error) {
      const found = problemsOf(error)
      if (found === undefined) throw error
      problems.push(...found)
    }
  }
  refuse(problems)
  return rows
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ProblemError(problems)
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** Runs a question of a test; what it throws of ours points at the line that asked. */
async function told<T>(stack: CallStack, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Unexpected) throw thrownAt(error, stack)
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    throw thrownAt(new TestProblems(problems), stack)
  }
}
