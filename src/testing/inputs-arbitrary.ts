import type { Arbitrary } from 'fast-check'
import type { Engine } from '../engine/engine.ts'
import type { FastCheck } from './fast-check.ts'
import type { LooseRow } from './fill.ts'
import { inOrder, type InputContract } from './input-contract.ts'
import { rowsArbitrary } from './rows-arbitrary.ts'

export type LooseInputs = Readonly<Record<string, readonly LooseRow[]>>

/** The rows of all inputs together, so that those that refer to others can take their values. */
export async function inputsArbitrary(
  fc: FastCheck,
  engine: Engine,
  contracts: readonly InputContract[],
  own: Readonly<Record<string, unknown>>,
): Promise<Arbitrary<LooseInputs>> {
  const lists: Record<string, Arbitrary<readonly LooseRow[]>> = {}
  for (const { handle, table } of contracts) {
    const given = own[handle]
    if (Array.isArray(given)) lists[handle] = fc.constant(given as LooseRow[])
    else if (isArbitrary(given)) lists[handle] = given
    else lists[handle] = await rowsArbitrary(fc, engine, table)
  }
  const generated = contracts.filter(({ handle }) => own[handle] === undefined)
  return fc.record(lists).map((inputs) => inOrder(generated).reduce(withReferences, inputs))
}

function isArbitrary(value: unknown): value is Arbitrary<readonly LooseRow[]> {
  return typeof value === 'object' && value !== null && 'generate' in value
}

/** Columns that refer to another input take a value that stands there, by a number that their own value gives. */
function withReferences(inputs: LooseInputs, { handle, table, others }: InputContract): LooseInputs {
  let rows = inputs[handle] ?? []
  for (const check of table.checks) {
    const other = check.kind === 'reference' ? others[check.table] : undefined
    if (check.kind !== 'reference' || other === undefined) continue
    const values = (inputs[other] ?? []).map((row) => row[check.to]).filter((value) => value !== null)
    rows = rows.flatMap((row, at) => {
      if (row[check.column] === null) return [row]
      // Nothing to refer to: there can be no such row.
      return values.length === 0 ? [] : [{ ...row, [check.column]: values[at % values.length] }]
    })
  }
  return { ...inputs, [handle]: distinct(rows, table.key) }
}

function distinct(rows: readonly LooseRow[], key: readonly string[]): readonly LooseRow[] {
  if (key.length === 0) return rows
  const seen = new Map(rows.map((row) => [key.map((name) => String(row[name])).join('\u0001'), row]))
  return [...seen.values()]
}
