import type { Place, Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { fromWire } from '../base/wire.ts'
import type { DeclaredCheck } from '../contract/check-form.ts'
import { declareTable } from '../contract/declare.ts'
import type { Inputs } from '../contract/input.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import type { Tables } from '../contract/table.ts'
import type { Engine, BoundInput, OutputTarget, SessionRequest } from '../engine/engine.ts'
import { describeArgs } from '../flow/args.ts'
import { checkDefinition } from '../flow/check-notebook.ts'
import type { Describing } from '../flow/describe-context.ts'
import { describeEnv } from '../flow/env.ts'
import { notebookName, placeWithin } from '../flow/place.ts'
import { relativeTo } from '../notebook/load.ts'
import { wholeRequest } from '../run/incremental-request.ts'
import { fillRows, type LooseRow } from './fill.ts'
import { inOrder, inputContracts, othersOf, type InputContract } from './input-contract.ts'

/** What a test gives, read from its fixtures. */
export interface LooseGiven {
  readonly inputs: { readonly [handle: string]: readonly LooseRow[] | undefined }
  /** Inputs whose rows come from files, which may hold columns that the notebook does not read. */
  readonly fixtures: readonly string[]
  readonly args: object
  readonly env: { readonly [name: string]: string }
  readonly secrets: { readonly [name: string]: string }
  readonly unchecked: boolean
  /** Where the test calls. */
  readonly where?: Place
}

/** A notebook with everything that it is computed with. */
export interface Prepared {
  readonly notebook: AnyNotebook
  readonly request: SessionRequest
  readonly args: unknown
  readonly env: unknown
  readonly secrets: { readonly [name: string]: string }
  /** Relative to the project. */
  readonly file: string
  readonly root: string
  /** All rows of the inputs, with the columns that were filled in. */
  readonly rows: ReadonlyMap<string, readonly LooseRow[]>
}

/** Prepares a test: fills rows, parses args. `problems` holds all that is wrong with what was given. */
export async function prepare(
  engine: Engine,
  notebook: AnyNotebook,
  given: LooseGiven,
): Promise<{ readonly prepared: Prepared; readonly problems: Problem[] }> {
  const root = process.cwd()
  const file = relativeTo(root, notebook.site?.file ?? 'the notebook')
  const step = notebook.name ?? notebookName(file).split('/').at(-1) ?? file
  const { where } = given
  const told = { step, ...(where && { where }) }
  const describing: Describing = {
    projectRoot: root,
    overrides: {},
    processEnv: given.env,
    problems: [],
    tell: (place) => placeWithin(root, place),
    taken: new Set(),
    variables: new Set(),
    faulty: new Set(),
  }
  checkDefinition(notebook, told, describing)
  const { args } = describeArgs(notebook, { args: given.args }, told, describing)
  const env = describeEnv(notebook, told, describing)
  refuseNames(given.env, describing.variables, 'declares no variable', where, describing.problems)
  const secrets = notebook.definition.secrets ?? []
  refuseNames(given.secrets, secrets, 'declares no secret', where, describing.problems)
  const contracts = inputContracts(notebook.inputs as Inputs, describing.tell)
  const rows = await fillAll(engine, contracts, given, where, describing.problems)
  const { incremental } = notebook.definition
  const plain = {
    inputs: contracts.map((contract) => boundInput(contract, rows.get(contract.handle), given.unchecked)),
    outputs: outputTargets(notebook, describing),
    volatile: notebook.definition.volatile === true || notebook.definition.expires !== undefined,
    ...(notebook.definition.external === true && { external: true }),
  }
  const request: SessionRequest = incremental ? wholeRequest(plain, incremental) : plain
  const values = { args: fromWire(args), env: fromWire(env), secrets: given.secrets }
  return { prepared: { notebook, request, ...values, file, root, rows }, problems: describing.problems }
}

function refuseNames(
  given: object,
  known: Iterable<string>,
  says: string,
  where: Place | undefined,
  problems: Problem[],
): void {
  const names = [...known]
  for (const name of Object.keys(given).filter((each) => !names.includes(each))) {
    const hint = didYouMean(name, names)
    const message = `the notebook ${says} '${name}'`
    problems.push({
      code: 'test/invalid',
      message,
      ...(where && { where }),
      ...(hint !== undefined && { hint }),
    })
  }
}

async function fillAll(
  engine: Engine,
  contracts: readonly InputContract[],
  given: LooseGiven,
  where: Place | undefined,
  problems: Problem[],
): Promise<Map<string, readonly LooseRow[]>> {
  const rows = new Map<string, readonly LooseRow[]>()
  const at = where && { where }
  refuseNames(
    given.inputs,
    contracts.map(({ handle }) => handle),
    'has no input',
    where,
    problems,
  )
  for (const contract of inOrder(contracts)) {
    const { handle, optional } = contract
    const all = given.inputs[handle]
    const mentioned = given.fixtures.includes(handle) ? all?.map((row) => without(row, contract.unread)) : all
    if (mentioned === undefined) {
      const message = `no rows are given for input '${handle}'`
      if (!optional)
        problems.push({ code: 'test/invalid', message, ...at, hint: `${handle}: [] if it has none` })
      continue
    }
    const faults = rowFaults(contract, mentioned)
    problems.push(...faults.map((fault) => ({ ...fault, ...at })))
    if (faults.length > 0) continue
    const referenced = contract.table.checks.flatMap((check) => {
      if (check.kind !== 'reference') return []
      const others = rows.get(contract.others[check.table] ?? '') ?? []
      return [[check.column, others.map((row) => row[check.to]).filter((value) => value !== null)]]
    })
    const filled = await fillRows(
      engine,
      contract,
      mentioned,
      Object.fromEntries(referenced) as Record<string, unknown[]>,
    )
    if (!given.unchecked) problems.push(...filled.problems.map((fault) => ({ ...fault, ...at })))
    rows.set(handle, filled.rows)
  }
  return rows
}

function without(row: LooseRow, names: readonly string[]): LooseRow {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)))
}

/** What TypeScript would have refused. */
function rowFaults({ handle, table, unread }: InputContract, rows: readonly unknown[]): Problem[] {
  if (!Array.isArray(rows))
    return [
      { code: 'test/invalid', message: `input '${handle}' is no list of rows`, hint: `${handle}: [{ ... }]` },
    ]
  const known = table.columns.map(({ name }) => name)
  return rows.flatMap((row: unknown, at): Problem[] => {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      return [{ code: 'test/invalid', message: `input '${handle}': row ${at + 1} is no object of columns` }]
    return Object.keys(row)
      .filter((name) => !known.includes(name))
      .map((name) => {
        const hint = unread.includes(name)
          ? 'the notebook does not pick it: leave it out'
          : didYouMean(name, known)
        const message = `input '${handle}': row ${at + 1}: table '${table.name}' has no column '${name}' that the notebook reads`
        return { code: 'test/invalid', message, ...(hint !== undefined && { hint }) }
      })
  })
}

function boundInput(
  { handle, name, table, others }: InputContract,
  rows: readonly LooseRow[] | undefined,
  unchecked: boolean,
): BoundInput {
  const bound = { handle, name, columns: table.columns }
  if (rows === undefined) return { ...bound, from: { kind: 'absent' } }
  const contract = unchecked ? {} : { contract: table, others }
  return { ...bound, from: { kind: 'rows', rows, ...contract } }
}

/** How a test calls the rows that the checks of an output reject. */
export function rejectsHandle(handle: string): string {
  return `${handle}_rejects`
}

function outputTargets(notebook: AnyNotebook, { tell }: Describing): OutputTarget[] {
  const outputs = notebook.outputs as Tables
  return Object.entries(outputs).flatMap(([handle, output]): OutputTarget[] => {
    const declared = declareTable(output.origin, tell)
    const table = { ...declared, checks: declared.checks.filter(isOfFewRows) }
    const target = { handle, table, otherInputs: othersOf(table.checks, notebook.inputs as Inputs) }
    const rejects = rejectsHandle(handle)
    if (!output.rejects || Object.hasOwn(outputs, rejects)) return [target]
    const rejected = declareTable(output.rejects.origin, tell)
    return [target, { handle: rejects, table: rejected, rejectsOf: handle }]
  })
}

/** Checks that the few rows of a test can keep: how many rows there are is for real tables, and how old they are. */
function isOfFewRows({ kind }: DeclaredCheck): boolean {
  return kind !== 'rowCount' && kind !== 'fresh' && kind !== 'value'
}
