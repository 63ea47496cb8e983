import pLimit from 'p-limit'
import { publishedTable } from '../check/published.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import type { Lake } from '../lake/lake.ts'
import type { Head } from '../lake/types.ts'

/** How many manifests are read at once. */
const atOnce = 16

/** The contracts of heads, as far as published versions keep them: columns, types, NULL and keys. */
export async function publishedContracts(
  lake: Lake,
  heads: ReadonlyMap<string, Head>,
  tables: Iterable<string> = heads.keys(),
): Promise<DeclaredTable[]> {
  const limit = pLimit(atOnce)
  const found = [...tables].map((table) => {
    const head = heads.get(table)
    return limit(async () => head && publishedTable(await lake.version(table, head)))
  })
  return (await Promise.all(found)).filter((table) => table !== undefined)
}
