import type { Arbitrary } from 'fast-check'
import { problemsOf } from '../base/problem.ts'
import type { Columns, Row } from '../contract/column.ts'
import { declareTable } from '../contract/declare.ts'
import type { AnyOrigin, Inputs } from '../contract/input.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import { problemsText } from '../report/problems-text.ts'
import { callStack, TestProblems, thrownAt, Unexpected } from './failed.ts'
import { loadFastCheck } from './fast-check.ts'
import type { LooseRow } from './fill.ts'
import { given, type Given } from './given.ts'
import { inputContracts } from './input-contract.ts'
import { inputsArbitrary, type LooseInputs } from './inputs-arbitrary.ts'
import { rowText } from './row-text.ts'
import { rowsArbitrary, type Lengths } from './rows-arbitrary.ts'
import { sharedEngine } from './shared-engine.ts'
import type { GeneratedOf, PropertyOptions } from './types.ts'

/**
 * Rows of a table, made from its contract: a fast-check arbitrary of lists of rows. Needs the package fast-check.
 *
 * @throws ProblemError `test/no-value` when no values are found that keep a check
 */
export async function arbitrary<C extends Columns>(
  table: { readonly name: string; readonly columns: C; readonly origin: AnyOrigin },
  lengths: Lengths = {},
): Promise<Arbitrary<Row<C>[]>> {
  const rows = await rowsArbitrary(
    await loadFastCheck(),
    await sharedEngine(),
    declareTable(table.origin),
    lengths,
  )
  return rows as unknown as Arbitrary<Row<C>[]>
}

/**
 * Tries a notebook on generated rows: it must not fail, and its outputs must keep their contracts. `check` may
 * ask more of each try. Rows that fail are made smaller and fewer, and told with the seed that gives them again.
 */
export async function forAll<N extends AnyNotebook>(
  notebook: N,
  options: PropertyOptions<N>,
  check?: (tried: Given<N>, inputs: GeneratedOf<N>) => unknown,
): Promise<void> {
  const stack = callStack('forAll')
  const loose = options as PropertyOptions<AnyNotebook>
  const { inputs = {}, args = {}, env, secrets, runs = 50, seed, path, within = 3000 } = loose
  try {
    const fc = await loadFastCheck()
    const contracts = inputContracts(notebook.inputs as Inputs, (place) => place)
    const all = await inputsArbitrary(fc, await sharedEngine(), contracts, inputs)
    const giving = (rows: LooseInputs) => ('args' in rows ? rows : { ...rows, args })
    const property = fc.asyncProperty(all, async (rows) => {
      const tried = given(notebook, giving(rows) as never, {
        args: args as never,
        ...(env && { env }),
        ...(secrets && { secrets }),
      })
      await (tried as unknown as { holds(): Promise<void> }).holds()
      await check?.(tried, rows as never)
    })
    const limits = { numRuns: runs, interruptAfterTimeLimit: within }
    const details = await fc.check(property, {
      ...limits,
      ...(seed !== undefined && { seed }),
      ...(path !== undefined && { path }),
    })
    if (!details.failed || details.counterexample === null) return
    throw new Unexpected(failureText(notebook, details.counterexample[0], details))
  } catch (error) {
    if (error instanceof Unexpected) throw thrownAt(error, stack)
    const problems = problemsOf(error)
    throw problems === undefined ? error : thrownAt(new TestProblems(problems), stack)
  }
}

interface Failure {
  readonly seed: number
  readonly counterexamplePath: string | null
  readonly numRuns: number
  readonly numShrinks: number
  readonly errorInstance: unknown
}

function failureText({ name, site }: AnyNotebook, inputs: LooseInputs, failure: Failure): string {
  const { seed, counterexamplePath, numRuns, numShrinks, errorInstance } = failure
  const called =
    name ??
    site?.file
      .split(/[\\/]/)
      .at(-1)
      ?.replace(/\.\w+$/, '') ??
    'the notebook'
  const problems = problemsOf(errorInstance)
  const said = problems
    ? problemsText(problems)
    : errorInstance instanceof Error
      ? errorInstance.message
      : String(errorInstance)
  return [
    `${called} fails on generated rows (try ${numRuns}, made smaller ${numShrinks} times):`,
    ...Object.entries(inputs).flatMap(([handle, rows]) => rowLines(handle, rows)),
    '',
    said.trim(),
    '',
    `once more: forAll(..., { seed: ${seed}, path: '${counterexamplePath ?? ''}' })`,
  ].join('\n')
}

function rowLines(handle: string, rows: readonly LooseRow[]): string[] {
  if (rows.length === 0) return [`  ${handle}: []`]
  return [`  ${handle}: [`, ...rows.map((row) => `    ${rowText(row)},`), '  ]']
}
