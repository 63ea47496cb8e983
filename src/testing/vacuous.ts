import type { Place, Problem } from '../base/problem.ts'
import { toWire } from '../base/wire.ts'
import type { LooseRow } from './fill.ts'

type Rows = { readonly [handle: string]: readonly LooseRow[] | undefined }

/** Why an expectation would hold whatever the notebook does. */
export function vacuousProblems(
  expected: Rows,
  given: Rows,
  { some, vacuous, where }: { readonly some: boolean; readonly vacuous: boolean; readonly where?: Place },
): Problem[] {
  const at = where && { where }
  const outputs = Object.entries(expected).filter(([, rows]) => rows !== undefined)
  if (outputs.length === 0)
    return [
      {
        code: 'test/vacuous',
        message: 'the test expects nothing',
        ...at,
        hint: "name an output with its rows, or say .expectEmpty('<output>')",
      },
    ]
  return outputs.flatMap(([handle, rows = []]): Problem[] => {
    if (!Array.isArray(rows)) return []
    const found = fault(handle, rows, given, some, vacuous)
    return found ? [{ code: 'test/vacuous', ...found, ...at }] : []
  })
}

function fault(
  handle: string,
  rows: readonly LooseRow[],
  given: Rows,
  some: boolean,
  vacuous: boolean,
): { readonly message: string; readonly hint: string } | undefined {
  if (rows.length === 0) {
    return some
      ? { message: `no row of output '${handle}' is expected`, hint: 'mention at least one row' }
      : {
          message: `output '${handle}' is expected to be an empty list`,
          hint: `say .expectEmpty('${handle}') when no rows are what is meant`,
        }
  }
  const bare = rows.findIndex((row) => mentioned(row).length === 0)
  if (bare >= 0) {
    return {
      message: `output '${handle}': the expected row ${bare + 1} mentions no column`,
      hint: 'mention the columns that matter',
    }
  }
  const same = vacuous ? undefined : Object.keys(given).find((input) => alike(rows, given[input] ?? []))
  if (same === undefined) return undefined
  return {
    message: `the rows expected of output '${handle}' are those given as '${same}'`,
    hint: 'give rows that the notebook changes or leaves out, or say { vacuous: true }',
  }
}

function mentioned(row: LooseRow): string[] {
  return Object.keys(row).filter((name) => row[name] !== undefined)
}

function alike(rows: readonly LooseRow[], others: readonly LooseRow[]): boolean {
  if (rows.length !== others.length) return false
  const [one, other] = [rows, others].map((list) => list.map(spelled).toSorted())
  return one?.join('\n') === other?.join('\n')
}

function spelled(row: LooseRow): string {
  const names = mentioned(row).toSorted()
  return JSON.stringify(names.map((name) => [name, toWire(row[name]) ?? String(row[name])]))
}
