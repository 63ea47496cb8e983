import { extname } from 'node:path'
import { minifySync } from 'oxc-minify'
import { parseSync, visitorKeys } from 'oxc-parser'
import { transformSync } from 'oxc-transform'
import { sha256 } from '../base/digest.ts'
import { InternalError } from '../base/problem.ts'
import type { Json } from '../base/wire.ts'
import { declaringOf, handedOn, looksInside, type Written } from './declaring.ts'
import {
  faulty,
  withoutMark,
  type Binding,
  type Finding,
  type ImportOf,
  type ModuleInfo,
  type Piece,
} from './module-info.ts'
import { keptOf } from './kept.ts'
import { Original } from './original.ts'
import { splitModule, type Stretch } from './pieces.ts'
import { edited, scan, type Ref, type Uses } from './scan.ts'
import { topLevelNames } from './scope.ts'

type Language = 'ts' | 'tsx' | 'js' | 'jsx'

/**
 * Reads a module with oxc: types are stripped and imports that only types use are dropped, then the text is
 * printed in one canonical way, and that text is taken apart. So comments, layout and types cannot count.
 */
export function analyse(path: string, source: string, language: Language): ModuleInfo & Json {
  const text = withoutMark(source)
  const isCommon = /^\.c[jt]s$/.test(extname(path))
  const written = parseSync(path, text, { lang: language, sourceType: isCommon ? 'unambiguous' : 'module' })
  const sourceType = isCommon && !written.module.hasModuleSyntax ? 'commonjs' : 'module'
  const stripped = transformSync(path, text, { lang: language, sourceType })
  const error = stripped.errors.find(({ severity }: { readonly severity: string }) => severity === 'Error')
  if (error) return faulty('module', text, offsetOfByte(text, error.labels[0]?.start ?? 0), error.message)
  const canonicalName = sourceType === 'commonjs' ? 'module.cjs' : 'module.mjs'
  const code = minifySync(canonicalName, stripped.code, {
    compress: false,
    mangle: false,
    codegen: { removeWhitespace: true },
  }).code
  const parsed = parseSync(canonicalName, code, { sourceType, preserveParens: false })
  if (parsed.errors.length > 0) throw new InternalError(`the canonical text of '${path}' does not parse`)
  const parse = (part: string) => parseSync(path, part, { lang: language, sourceType: 'module' })
  return describe(code, parsed.program, { text, parsed: written, parse })
}

function describe(
  code: string,
  program: ReturnType<typeof parseSync>['program'],
  written: Written,
): ModuleInfo & Json {
  const original = new Original(written.parsed, written.text)
  const declared = topLevelNames(program, visitorKeys)
  const { stretches, imports, exports, isNotebook } = splitModule(program)
  const pieces: Piece[] = []
  const found: Pick<Found, 'imports' | 'untracked'> = { imports: [], untracked: [] }
  const refs: Ref[] = []
  const cutRefs = new Set<string>()
  for (const stretch of stretches) {
    const uses = scan(stretch.root, visitorKeys, declared)
    const placed = place(code, stretch, uses, pieces.length, original)
    pieces.push(...placed.pieces)
    found.imports.push(...placed.imports)
    found.untracked.push(...placed.untracked)
    refs.push(...uses.refs)
    for (const name of placed.cutRefs) cutRefs.add(name)
  }
  const statics = imports.map(({ kind, from, names }): ImportOf => {
    const bound = kind === 'import' ? names.map((name) => withMembers(name, refs, exports)) : names
    return { kind, from, names: bound, ...original.importPlace(kind, from) }
  })
  const all = [...statics, ...found.imports]
  const declaring = isNotebook ? declaringOf(written, pieces, all) : undefined
  const info: ModuleInfo & Json = {
    kind: 'module',
    digest: '',
    isNotebook,
    pieces,
    imports: all,
    exports,
    untracked: found.untracked,
    cutRefs: [...cutRefs],
    handedOn: handedOn(statics, refs, exports),
    ...(declaring && { declaring }),
    ...(looksInside(code) && { looksInside: true }),
  }
  if (pieces.some(({ contract }) => typeof contract === 'string')) return info
  const kept = keptOf(info, ({ contract }) => contract === true)
  return { ...info, pieces: pieces.map((piece) => ({ ...piece, refs: [] })), cutRefs: [], kept }
}

interface Found {
  pieces: Piece[]
  imports: ImportOf[]
  untracked: Finding[]
  cutRefs: string[]
}

/** Turns a stretch and what it uses into pieces, each with what lies in it. `first` is the index of the first. */
function place(code: string, stretch: Stretch, uses: Uses, first: number, original: Original): Found {
  const { parts, cuts, root } = stretch
  const owner = (at: number): number => {
    if (cuts.some((cut) => at >= cut.start && at < cut.end)) return -1
    return first + 1 + parts.findIndex(({ node }) => at >= node.start && at < node.end)
  }
  const refsOf = (piece: number): string[] => [
    ...new Set(uses.refs.filter(({ at }) => owner(at) === piece).map(({ name }) => name)),
  ]
  const rest = edited(code, root.start, root.end, [...stretch.edits, ...uses.edits])
  const { name, contract, plain } = stretch
  const about = { ...(contract && { contract }), ...(plain && { plain }) }
  const pieces: Piece[] = [{ name, digest: sha256(stretch.prefix + rest), refs: refsOf(first), ...about }]
  for (const [index, { name: part, node }] of parts.entries()) {
    const text = edited(code, node.start, node.end, uses.edits)
    pieces.push({ name: part, digest: sha256(text), refs: refsOf(first + 1 + index) })
  }
  return {
    pieces,
    imports: uses.imports.map(({ kind, from, at }) => {
      const names: Binding[] = kind === 'dynamic' ? [{ imported: '*', local: '' }] : []
      return { kind, from, names, piece: owner(at), ...original.usePlace(`${kind} ${from}`) }
    }),
    untracked: uses.untracked.map(({ what, at }) => ({ what, piece: owner(at), ...original.usePlace(what) })),
    cutRefs: refsOf(-1),
  }
}

/** For a namespace import: the members that are used, when each use names one. */
function withMembers(
  binding: Binding,
  refs: readonly Ref[],
  exports: Readonly<Record<string, string>>,
): Binding {
  if (binding.imported !== '*' || Object.values(exports).includes(binding.local)) return binding
  const members = new Set<string>()
  for (const { name, member } of refs) {
    if (name !== binding.local) continue
    if (member === undefined) return binding
    members.add(member)
  }
  return { ...binding, members: [...members] }
}

/** oxc-transform tells offsets in bytes of UTF-8; the parser in UTF-16 units, as strings count. */
function offsetOfByte(text: string, offset: number): number {
  return Buffer.from(text).subarray(0, offset).toString().length
}
