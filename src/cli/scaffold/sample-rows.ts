import { ProblemError } from '../../base/problem.ts'
import { declareColumns, declareSource } from '../../contract/declare.ts'
import type { Columns } from '../../contract/column.ts'
import type { AnyInput, Inputs } from '../../contract/input.ts'
import type { AnyNotebook } from '../../contract/notebook.ts'
import type { BoundInput } from '../../engine/engine.ts'
import { sourceFiles } from '../../freshness/source-files.ts'
import { openPlace, type LakePlace } from '../../run/lake-place.ts'
import type { ProjectOptions } from '../../run/options.ts'
import { sharedEngine } from '../../testing/shared-engine.ts'

export type SampleRow = Readonly<Record<string, unknown>>

export interface Sample {
  /** Inputs of which no rows were at hand are left out. */
  readonly rows: Readonly<Record<string, readonly SampleRow[]>>
  readonly notes: readonly string[]
}

/** How many rows of a table are looked at to find those that others refer to. */
const searched = 5000

/** A few rows of each input: of the newest version of a table, or of the files of a source. */
export async function sampleRows(
  notebook: AnyNotebook,
  options: ProjectOptions,
  count: number,
): Promise<Sample> {
  const place = await openPlace(options)
  const rows: Record<string, readonly SampleRow[]> = {}
  const notes: string[] = []
  try {
    const inputs = Object.entries(notebook.inputs as Inputs)
    // Those that others refer to come last: the rows that are referred to are looked for.
    const pointing = inputs.filter(([, input]) => wantedOf(inputs, input) === undefined)
    for (const [handle, input] of [...pointing, ...inputs.filter((each) => !pointing.includes(each))]) {
      const bound = await boundInput(place, handle, input)
      const found = bound && (await readRows(bound, wanted(inputs, input, rows), count, notes))
      if (found === undefined) notes.push(`no rows of '${input.name}' are at hand: its rows are made up`)
      else rows[handle] = found
    }
    return { rows, notes }
  } finally {
    await place.close()
  }
}

type Entries = readonly (readonly [string, AnyInput])[]

interface Wanted {
  readonly column: string
  readonly values: ReadonlySet<string>
}

/** The input and column that refer to this input. */
function wantedOf(
  inputs: Entries,
  to: AnyInput,
): { handle: string; from: string; column: string } | undefined {
  for (const [handle, input] of inputs) {
    for (const [from, { checks }] of Object.entries(input.columns as Columns)) {
      for (const { rule } of checks) {
        if (rule.kind !== 'reference' || rule.table !== to.name) continue
        if (Object.hasOwn(to.columns as object, rule.to)) return { handle, from, column: rule.to }
      }
    }
  }
  return undefined
}

function wanted(inputs: Entries, input: AnyInput, rows: Sample['rows']): Wanted | undefined {
  const by = wantedOf(inputs, input)
  const found = by && rows[by.handle]
  return by && found && { column: by.column, values: new Set(found.map((row) => String(row[by.from]))) }
}

async function boundInput(
  place: LakePlace,
  handle: string,
  input: AnyInput,
): Promise<BoundInput | undefined> {
  const bound = { handle, name: input.name, columns: declareColumns(input.columns) }
  if (input.kind === 'source') {
    const source = declareSource(input.origin)
    try {
      return {
        ...bound,
        from: { kind: 'source', source, files: await sourceFiles(source, place.project.root) },
      }
    } catch (error) {
      if (error instanceof ProblemError) return undefined
      throw error
    }
  }
  const head = (await place.state())?.heads.get(input.name)
  if (head === undefined || place.lake === undefined) return undefined
  const files = await place.lake.headFiles(input.name, head)
  return { ...bound, from: { kind: 'parquet', files } }
}

async function readRows(
  bound: BoundInput,
  wants: Wanted | undefined,
  count: number,
  notes: string[],
): Promise<readonly SampleRow[] | undefined> {
  const sample = wants === undefined ? count : searched
  const engine = await sharedEngine()
  const rows: SampleRow[] = []
  try {
    const session = await engine.session({ inputs: [{ ...bound, sample }], outputs: [], volatile: false })
    try {
      for await (const { rows: size, names, columns } of session.read(bound.handle)) {
        for (let at = 0; at < size; at++)
          rows.push(Object.fromEntries(names.map((name, column) => [name, columns[column]?.[at]])))
      }
    } finally {
      await session.close()
    }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    notes.push(error.problems[0]?.message ?? '')
    return undefined
  }
  if (wants === undefined) return rows
  return rows.filter((row) => wants.values.has(String(row[wants.column])))
}
