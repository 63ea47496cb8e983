import type { Columns } from '../../src/contract/column.ts'
import { declareColumns } from '../../src/contract/declare.ts'
import { renderQuery } from '../../src/contract/render.ts'
import { sourceRejectColumns, type Rejecting } from '../../src/contract/source-rejects.ts'
import { handle, sourceInput, sql, withSession, type Rig, type SourceOptions } from './kit.ts'

const table = (name: string, columns: Columns) => ({
  name,
  columns: declareColumns(columns),
  key: [],
  checks: [],
})

export interface PartedRows {
  readonly good: readonly Record<string, unknown>[]
  readonly bad: readonly Record<string, unknown>[]
  readonly counts: { readonly rows: number; readonly rejected: number }
}

/** Reads CSV files with rejects: the good rows, and those that were rejected. Files are called `f0`, `f1` and so on. */
export async function readParted(
  rig: Rig,
  texts: readonly (string | Uint8Array)[],
  types: Columns,
  options: SourceOptions & { readonly most?: Rejecting['most']; readonly ending?: string } = {},
): Promise<PartedRows> {
  const { most, ending = 'csv' } = options
  const files = await Promise.all(texts.map((text, at) => rig.file(`f${at}.${ending}`, text)))
  const input = sourceInput('raw', types, files, options)
  if (input.from.kind !== 'source') throw new Error('no source')
  const rejecting: Rejecting = { table: 'bad', ...(most && { most }) }
  const names = files.map((_, at) => `f${at}`)
  const from = { ...input.from, names, source: { ...input.from.source, rejecting } }
  const outputs = [
    { handle: 'good', table: { ...table('good', types), columns: input.columns } },
    { handle: 'bad', table: table('bad', sourceRejectColumns), rejectsOfInput: 'raw' },
  ]
  return withSession(rig, { inputs: [{ ...input, from }], outputs }, async (session) => {
    await session.write('good', renderQuery(sql`SELECT * FROM ${handle('raw')}`))
    await session.finish()
    const [{ rows, rejected } = { rows: 0, rejected: 0 }] = session.sources()
    const kept = async (name: string) => (await session.kept(name)).rows()
    return { good: await kept('good'), bad: await kept('bad'), counts: { rows, rejected } }
  })
}
