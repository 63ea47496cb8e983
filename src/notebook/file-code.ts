import { sha256 } from '../base/digest.ts'
import type { Problem } from '../base/problem.ts'
import type { GraphModule, ModuleGraph } from './closure.ts'
import type { ContractRef, Contracts } from './contracts.ts'
import { addEdge, noEdges, type Edges } from './edge.ts'
import { importsCode, syntaxProblem, unresolved } from './import-problems.ts'
import { keptOf } from './kept.ts'
import type { Kept, ModuleInfo } from './module-info.ts'
import { placed, type Untracked } from './untracked-places.ts'

/** One file's part in a code version: what stays of it when contracts are cut, and where it leads. */
export interface FileCode {
  readonly file: string
  readonly digest: string
  /** Paths of the modules and JSON files that it needs, and of files whose content it reads by URL. */
  readonly modules: readonly string[]
  readonly contents: readonly string[]
  readonly packages: readonly string[]
  readonly contracts: readonly ContractRef[]
  /** Those that the code itself refers to, beside its inputs and outputs. */
  readonly used: readonly ContractRef[]
  readonly untracked: readonly Untracked[]
  /** Digests by symbol, made when asked for. */
  readonly symbols: () => ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
  /** Problems when a notebook uses the file; flows and tests may import what they like. */
  readonly heldProblems: readonly Problem[]
}

/** Works out the part of one module of a loaded graph. */
export function fileCode(module: GraphModule, graph: ModuleGraph, contracts: Contracts): FileCode {
  const { file, info } = module
  if (info.fault) return { ...empty(file, info.digest), problems: [syntaxProblem(file, info.fault)] }
  const kept = keptOf(info, (piece) => contracts.ofPiece(module, piece) !== undefined)
  const edges = noEdges()
  for (const [index, piece] of info.pieces.entries()) {
    const refs = contracts.ofPiece(module, piece)
    if (!refs) continue
    edges.contracts.push(...refs)
    if (kept.refs.includes(piece.name) && !kept.pieces.includes(index)) edges.used.push(...refs)
  }
  for (const { piece, ...finding } of info.untracked) {
    if (kept.pieces.includes(piece)) edges.untracked.push(placed(file, finding))
  }
  const problems: Problem[] = []
  const heldProblems: Problem[] = []
  for (const imported of info.imports) {
    addEdge(edges, module, imported, kept, graph, contracts)
    problems.push(...unresolved(module, imported))
    heldProblems.push(...importsCode(module, imported, graph, contracts))
  }
  const digest = info.kind === 'module' ? digestOfCode(info, kept, edges) : info.digest
  return { file, digest, ...edges, symbols: () => symbolsOf(info, kept), problems, heldProblems }
}

function digestOfCode(info: ModuleInfo, kept: Kept, edges: Edges): string {
  const pieces = kept.pieces.map((index) => info.pieces[index]?.digest)
  const exports: string[] = []
  for (const name of Object.keys(info.exports)) {
    const local = info.exports[name] ?? name
    if (kept.refs.includes(local)) exports.push(`${name}=${local}`)
  }
  return sha256(JSON.stringify([pieces, exports.toSorted(), edges.names.toSorted(), edges.bare]))
}

/** Digests of the pieces that count, by symbol; pieces of one name are taken together. */
function symbolsOf(info: ModuleInfo, kept: Kept): Map<string, string> {
  const symbols = new Map<string, string>()
  for (const index of kept.pieces) {
    const { name = '', digest = '' } = info.pieces[index] ?? {}
    const before = symbols.get(name)
    symbols.set(name, before === undefined ? digest : sha256(`${before} ${digest}`))
  }
  if (info.kind !== 'module') symbols.set('(content)', info.digest)
  return symbols
}

function empty(file: string, digest: string): FileCode {
  const none = {
    modules: [],
    contents: [],
    packages: [],
    contracts: [],
    used: [],
    untracked: [],
    heldProblems: [],
  }
  return { file, digest, ...none, symbols: () => new Map(), problems: [] }
}
