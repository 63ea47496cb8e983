import { visitorKeys, type ParseResult } from 'oxc-parser'
import { placeAt } from './module-info.ts'
import { scan } from './scan.ts'
import { topLevelNames } from './scope.ts'

type At = { readonly line: number; readonly column: number }
const start: At = { line: 1, column: 1 }

/**
 * Places in the text as the user wrote it, for what was found in the canonical text. Uses are matched by what
 * they are and by their order, which both texts share; the tree of the original is built when one is asked for.
 */
export class Original {
  readonly #parsed: ParseResult
  readonly #text: string
  #uses: Map<string, number[]> | undefined

  constructor(parsed: ParseResult, text: string) {
    this.#parsed = parsed
    this.#text = text
  }

  /** Where the first import (or `export ... from`) of a specifier that is not for types alone stands. */
  importPlace(kind: 'import' | 'export', from: string): At {
    const { staticImports, staticExports } = this.#parsed.module
    if (kind === 'import') {
      const found = staticImports.filter(({ moduleRequest }) => moduleRequest.value === from)
      const forCode = found.find(
        ({ entries }) => entries.length === 0 || entries.some(({ isType }) => !isType),
      )
      return this.#place(forCode?.start)
    }
    const found = staticExports.filter(({ entries }) =>
      entries.some((entry) => entry.moduleRequest?.value === from),
    )
    return this.#place(
      (found.find(({ entries }) => entries.some(({ isType }) => !isType)) ?? found[0])?.start,
    )
  }

  /** Where the next use of this kind stands; the last one again when the original shows fewer. */
  usePlace(what: string): At {
    this.#uses ??= this.#scan()
    const offsets = this.#uses.get(what)
    return this.#place(offsets && offsets.length > 1 ? offsets.shift() : offsets?.[0])
  }

  #place(offset: number | undefined): At {
    return offset === undefined ? start : placeAt(this.#text, offset)
  }

  #scan(): Map<string, number[]> {
    const { program } = this.#parsed
    const { untracked, imports } = scan(program, visitorKeys, topLevelNames(program, visitorKeys))
    const uses = new Map<string, number[]>()
    const add = (what: string, at: number) => uses.set(what, [...(uses.get(what) ?? []), at])
    for (const { what, at } of untracked) add(what, at)
    for (const { kind, from, at } of imports) add(`${kind} ${from}`, at)
    return uses
  }
}
