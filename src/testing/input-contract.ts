import { judgesRows, type DeclaredCheck } from '../contract/check-form.ts'
import { declareChecks } from '../contract/declare-checks.ts'
import { declareColumns, declareOrigin, type TellPlace } from '../contract/declare.ts'
import type { Inputs } from '../contract/input.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import { columnsNamed } from './columns-named.ts'

/** What rows of an input must keep: the part of its table's contract that is about the columns it reads. */
export interface InputContract {
  readonly handle: string
  readonly name: string
  readonly optional: boolean
  readonly table: DeclaredTable
  /** The inputs that stand for other tables of its checks, by table. */
  readonly others: { readonly [table: string]: string }
  /** Columns of the table that the notebook does not read. */
  readonly unread: readonly string[]
}

export function inputContracts(inputs: Inputs, tell: TellPlace): InputContract[] {
  return Object.entries(inputs).map(([handle, input]) => {
    const origin = declareOrigin(input, tell)
    const columns = declareColumns(input.columns)
    const read = columns.map(({ name }) => name)
    const all = origin.columns.map(({ name }) => name)
    const { key, checks } = keyAndChecks(origin, tell, input.origin.columns)
    const kept = checks.filter(
      (check) => holdsForRows(check) && columnsOfCheck(check, all).every((name) => read.includes(name)),
    )
    const others = othersOf(kept, inputs)
    const where = origin.where && { where: origin.where }
    // Rows may share a part of a key.
    const whole = key.every((name) => read.includes(name)) ? key : []
    const table = { name: input.name, columns, key: whole, checks: kept.map(asError), ...where }
    const unread = all.filter((name) => !read.includes(name))
    return { handle, name: input.name, optional: input.isOptional, unread, others, table }
  })
}

function keyAndChecks(origin: object, tell: TellPlace, columns: Parameters<typeof declareChecks>[0]) {
  if ('key' in origin) return origin as DeclaredTable
  return { key: [], checks: declareChecks(columns, [], tell) }
}

/** Checks that few rows can keep: not how many there are, nor their average. Rows with a warning are in tables. */
function holdsForRows(check: DeclaredCheck): boolean {
  return check.onFailure !== 'warn' && (judgesRows(check) || check.kind === 'unique')
}

function asError(check: DeclaredCheck): DeclaredCheck {
  return { ...check, severity: 'error', onFailure: 'fail' }
}

/** The columns of a table that a check may be about. */
export function columnsOfCheck(check: DeclaredCheck, columns: readonly string[]): string[] {
  if (check.kind === 'row')
    return [
      ...new Set([
        ...(check.column === undefined ? [] : [check.column]),
        ...columnsNamed(check.condition, columns),
      ]),
    ]
  if ('columns' in check) return [...check.columns]
  return 'column' in check ? [check.column] : []
}

/** The inputs that hold the tables to which checks refer, by table; only those that read all columns in question. */
export function othersOf(checks: readonly DeclaredCheck[], inputs: Inputs): Record<string, string> {
  const wanted = checks.filter((check) => check.kind === 'reference')
  const found = [...new Set(wanted.map(({ table }) => table))].flatMap((table) => {
    const columns = wanted.filter((check) => check.table === table).map(({ to }) => to)
    const holder = Object.entries(inputs).find(
      ([, input]) =>
        input.name === table && columns.every((name) => Object.hasOwn(input.columns as object, name)),
    )
    return holder ? [[table, holder[0]] as const] : []
  })
  return Object.fromEntries(found)
}

/** Inputs with those that they refer to before them, where that is possible. */
export function inOrder(contracts: readonly InputContract[]): InputContract[] {
  const placed: InputContract[] = []
  const place = (contract: InputContract, above: readonly string[]) => {
    if (placed.includes(contract) || above.includes(contract.handle)) return
    for (const handle of Object.values(contract.others)) {
      const other = contracts.find((each) => each.handle === handle)
      if (other) place(other, [...above, contract.handle])
    }
    placed.push(contract)
  }
  for (const contract of contracts) place(contract, [])
  return placed
}
