import type { Problem } from '../../base/problem.ts'
import type { DeclaredTable } from '../../contract/spec.ts'
import type { OutputTarget, SessionRequest } from '../engine.ts'
import { requireChecks } from './condition.ts'
import type { Connection } from './connection.ts'
import type { Functions } from './functions.ts'
import { giveRows, type GivenTables } from './given.ts'
import { createViews, type InputView } from './inputs.ts'
import { readySources, type ReadySources } from './ready-sources.ts'

/** The inputs as views, and the tables behind those that are given as rows. */
export interface Prepared {
  readonly views: readonly InputView[]
  readonly given: GivenTables
  readonly ready: ReadySources
  /** With the inputs as they are read. */
  readonly request: SessionRequest
}

/** Looks at contracts and inputs, and makes the inputs views. Rejects with a ProblemError with all that is wrong. */
export async function prepare(
  connection: Connection,
  functions: Functions,
  request: SessionRequest,
  tempFolder: string,
): Promise<Prepared> {
  const contracts = givenContracts(request).map((table) => ({ table }))
  await requireChecks(connection, functions, [...request.outputs, ...contracts])
  const ready = await readySources(connection, request.inputs, tempFolder)
  try {
    const given = await giveRows(connection, ready.inputs)
    const views = await createViews(connection, ready.inputs, given, ready.parted)
    return { views, given, ready, request: { ...request, inputs: ready.inputs } }
  } catch (error) {
    await ready.close()
    throw error
  }
}

function givenContracts({ inputs }: SessionRequest): DeclaredTable[] {
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
