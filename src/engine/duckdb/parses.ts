import type { Connection } from './connection.ts'
import { parseQuery, type ParsedQuery, type ParseFault } from './tree.ts'

/** So many texts are kept. */
const kept = 64

/** The last texts that were parsed: the digest of a step's query is asked for right before it runs. */
export class Parses {
  readonly #known = new Map<string, ParsedQuery | ParseFault>()

  async parse(connection: Connection, text: string): Promise<ParsedQuery | ParseFault> {
    const parsed = this.#known.get(text) ?? (await parseQuery(connection, text))
    this.#known.delete(text)
    this.#known.set(text, parsed)
    const [oldest] = this.#known.keys()
    if (this.#known.size > kept && oldest !== undefined) this.#known.delete(oldest)
    return parsed
  }
}
