import { readFile } from 'node:fs/promises'
import type { Connections } from '../../src/connect/config.ts'
import { elsewhereOf, type ElsewhereOptions } from '../../src/connect/elsewhere.ts'
import { exchangeRows } from '../../src/connect/exchange.ts'
import type { Fetched } from '../../src/connect/fetched.ts'
import { hashFile } from '../../src/base/file-hash.ts'
import { declareSource } from '../../src/contract/declare.ts'
import type { AnyOrigin } from '../../src/contract/input.ts'
import type { DeclaredSource } from '../../src/contract/spec.ts'

/** A source as it is declared, without the place in this file. */
function declaredSource(source: { readonly origin: AnyOrigin }): DeclaredSource {
  return declareSource(source.origin, () => undefined)
}

/** Looks at a source anew, as another run would. */
export function lookAt(
  root: string,
  connections: Connections,
  source: { readonly origin: AnyOrigin },
  more: Partial<ElsewhereOptions> = {},
): Promise<Fetched> {
  const hashOf = (file: string) => hashFile(file).catch(() => null)
  return elsewhereOf({ root, connections, hashOf, ...more }).fetch(declaredSource(source))
}

/** The rows of what was fetched, as texts. */
export async function rowsOf({ files }: Fetched): Promise<string[]> {
  const rows: string[] = []
  for (const file of files) {
    if ((await readFile(file)).length === 0) continue
    for await (const row of exchangeRows(file)) rows.push(JSON.stringify(row))
  }
  return rows.toSorted()
}
