import { sha256 } from '../base/digest.ts'
import type { Json } from '../base/wire.ts'

/** A name that an import statement binds. `imported` is `*` for a namespace and for `export *`. */
export type Binding = {
  readonly imported: string
  /** The name in this module; for `export ... from` the name that it gets, `*` for `export *`. */
  readonly local: string
  /** Of a namespace: the members that are used, when every use names one. */
  readonly members?: readonly string[]
}

/**
 * `import`: static, `export`: `export ... from`, `dynamic`: `import('literal')`, `url`:
 * `new URL('literal', import.meta.url)`, whose content counts.
 */
export type ImportKind = 'import' | 'export' | 'dynamic' | 'url'

/** An import of a module, with its place in the original text. */
export type ImportOf = {
  readonly kind: ImportKind
  readonly from: string
  readonly names: readonly Binding[]
  /** The piece that holds a `dynamic` or `url` import; -1: a part that is cut. */
  readonly piece?: number
  readonly line: number
  readonly column: number
}

/** A use of something that the fingerprint does not see, at its place in the original text. */
export type Finding = {
  readonly what: string
  /** The piece that holds it; -1: a part that is cut, so that it counts for loading only. */
  readonly piece: number
  readonly line: number
  readonly column: number
}

/**
 * A top-level statement, or a part of one that is told apart: a declarator, a query of a notebook, its `run`.
 * Its digest is over the canonical text without types, comments, layout and what was cut.
 */
export type Piece = {
  /** The declared name, `select.<output>`, `run`, or `(module)`. */
  readonly name: string
  readonly digest: string
  /** Names of the module's top level that the text refers to. */
  readonly refs: readonly string[]
  /** `true`: declares a table or source. A text: does so when that name is one (`trips` in `trips.pick('a')`). */
  readonly contract?: true | string
  /** A declaration that has no effect when nothing refers to it. */
  readonly plain?: true
}

/** What of a module counts as its code. */
export type Kept = {
  /** Indexes of the pieces. */
  readonly pieces: readonly number[]
  /** Top-level names that they refer to, and that are exported. */
  readonly refs: readonly string[]
  /** Top-level names that only serve what was cut. */
  readonly dropped: readonly string[]
}

export type SyntaxFault = {
  readonly message: string
  readonly line: number
  readonly column: number
  /** The line of the source. */
  readonly text: string
}

/** What the static reader knows of one file. Plain JSON, so that the stat index can keep it. */
export type ModuleInfo = {
  readonly kind: 'module' | 'json' | 'bytes'
  /** Of the content as the program sees it: of JSON without its layout, of other content as it is. Empty for modules. */
  readonly digest: string
  /** The default export is `notebook({...})`. */
  readonly isNotebook: boolean
  readonly pieces: readonly Piece[]
  readonly imports: readonly ImportOf[]
  /** Exported names and the top-level names behind them. */
  readonly exports: { readonly [name: string]: string }
  readonly untracked: readonly Finding[]
  /** Top-level names that the parts refer to that were cut. */
  readonly cutRefs: readonly string[]
  /** Set when it does not depend on what other modules export. */
  readonly kept?: Kept
  /**
   * Of a notebook, what can decide what it declares, without the bodies that run later: its digest, and the
   * pieces that are such bodies. See `declaring.ts`.
   */
  readonly declaring?: { readonly digest: string; readonly later: readonly number[] }
  /** Default imports that are used for more than to place a step. */
  readonly handedOn?: readonly string[]
  /** The code could reach into notebooks or flows. */
  readonly looksInside?: true
  readonly fault?: SyntaxFault
}

/** The parts of an info that content without code has. */
export const nothing = {
  isNotebook: false,
  pieces: [],
  imports: [],
  exports: {},
  untracked: [],
  cutRefs: [],
} as const

/** The info of a file that does not parse; its content is its digest. */
export function faulty(
  kind: ModuleInfo['kind'],
  text: string,
  offset: number,
  message: string,
): ModuleInfo & Json {
  const place = placeAt(text, offset)
  const line = text.split('\n')[place.line - 1]?.trimEnd() ?? ''
  return { kind, digest: sha256(text), ...nothing, fault: { message, ...place, text: line } }
}

/** Line and column, from 1, of an offset in UTF-16 units. */
export function placeAt(text: string, offset: number): { line: number; column: number } {
  let line = 1
  let start = 0
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++
    start = at + 1
  }
  return { line, column: offset - start + 1 }
}

/** Text without a byte order mark. */
export function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}
