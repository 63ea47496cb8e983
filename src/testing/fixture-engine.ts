import type { DeclaredSource } from '../contract/spec.ts'
import type { BoundInput } from '../engine/engine.ts'
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
