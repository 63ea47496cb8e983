import type { HeldPartitions } from './chosen-partitions.ts'
import type { VersionFiles } from './files-sql.ts'
import type { EngineProblem } from '../analysis.ts'

/** The numbers of those partitions of a version that a query can use; undefined when it may use any. */
export type ChoosePartitions = (held: HeldPartitions) => Promise<ReadonlySet<number> | undefined>

/** The tables that a query may name, and how their files are found: only those of tables that it does name. */
export interface AdHocTables {
  readonly names: readonly string[]
  readonly version: (name: string, choose: ChoosePartitions) => Promise<VersionFiles>
}

/** A query, and the way back to what people wrote where that is another text. */
export interface AdHocText {
  readonly text: string
  readonly said?: { readonly text: string; readonly indexAt: (bytes: number) => number | undefined }
}

/** A name as DuckDB takes it: database, schema and table. With more parts it is one quoted name. */
export function relationParts(name: string): string[] {
  const parts = name.split('.')
  return parts.length > 3 ? [name] : parts
}

/** A Problem with its place in the text that people wrote. */
export function inSaid(problem: EngineProblem, { said }: AdHocText): EngineProblem {
  const { query, ...rest } = problem
  if (said === undefined || query === undefined) return problem
  const offset = said.indexAt(Buffer.byteLength(query.text.slice(0, query.offset)))
  return offset === undefined ? rest : { ...rest, query: { ...query, offset, text: said.text } }
}
