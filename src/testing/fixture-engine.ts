import { ProblemError, problemsOf, type Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { BoundInput, Engine } from '../engine/engine.ts'
import type { LooseRow } from './fill.ts'
import type { Fixture } from './fixture.ts'
import { sharedEngine } from './shared-engine.ts'

/** Rows of CSV and Parquet, read as a source would be. A column that the file does not have stays unmentioned. */
export async function readThroughEngine(of: Fixture<object>): Promise<LooseRow[]> {
  const engine = await sharedEngine()
  const format = of.format === 'csv' ? 'csv' : 'parquet'
  const found = await engine.columnsOf(format, of.file, of.name)
  const columns = of.columns.filter(({ name }) => found.includes(name))
  const source: DeclaredSource = {
    name: of.name,
    format,
    paths: [of.file],
    dialect: {},
    extra: 'error',
    columns,
  }
  const input: BoundInput = {
    handle: 'fixture',
    name: of.name,
    columns,
    from: { kind: 'source', source, files: [of.file] },
  }
  try {
    return await rowsOf(engine, input)
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    throw new ProblemError(problems.map((problem) => inFixture(problem, of)))
  }
}

async function rowsOf(engine: Engine, input: BoundInput): Promise<LooseRow[]> {
  const session = await engine.session({ inputs: [input], outputs: [], volatile: false })
  try {
    const rows: LooseRow[] = []
    for await (const { rows: count, names, columns: values } of session.read('fixture')) {
      for (let at = 0; at < count; at++)
        rows.push(Object.fromEntries(names.map((name, column) => [name, values[column]?.[at]])))
    }
    return rows
  } finally {
    await session.close()
  }
}

/** What is said of sources speaks of their declaration; of a fixture, the file is what can be changed. */
function inFixture({ hint, ...problem }: Problem, { name, columns }: Fixture<object>): Problem {
  const message = problem.message.replace(`source '${name}'`, `fixture '${name}'`)
  const told = { ...problem, message }
  const [, extra] = /the column '(.*)' is not declared/.exec(message) ?? []
  if (extra !== undefined) {
    const near = didYouMean(
      extra,
      columns.map((column) => column.name),
    )
    return { ...told, hint: near ?? 'take it out of the file' }
  }
  const [, wanted] = /but (.*) is declared$/.exec(message) ?? []
  if (wanted !== undefined) return { ...told, hint: `write the column as ${wanted} into the file` }
  return { ...told, ...(hint !== undefined && { hint }) }
}
