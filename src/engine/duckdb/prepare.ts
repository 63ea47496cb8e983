import type { Problem } from '../../base/problem.ts'
import type { DeclaredTable } from '../../contract/spec.ts'
import type { OutputTarget, SessionRequest } from '../engine.ts'
import type { Connection } from './connection.ts'
import { giveRows, type GivenTables } from './given.ts'
import { createViews, type InputView } from './inputs.ts'

/** The inputs as views, and the tables behind those that are given as rows. */
export interface Prepared {
  readonly views: readonly InputView[]
  readonly given: GivenTables
}

export async function prepareInputs(connection: Connection, { inputs }: SessionRequest): Promise<Prepared> {
  const given = await giveRows(connection, inputs)
  return { views: await createViews(connection, inputs, given), given }
}

export function givenContracts({ inputs }: SessionRequest): DeclaredTable[] {
  return inputs.flatMap(({ from }) => (from.kind === 'rows' && from.contract ? [from.contract] : []))
}

export function unwritten({ table }: OutputTarget): Problem {
  return {
    code: 'step/output-unwritten',
    message: `output table '${table.name}' was not written`,
    ...(table.where && { where: table.where }),
    hint: 'write it, insert rows, or say that it has none: outputs.x.empty()',
  }
}
