import type { GraphModule, ModuleGraph } from './closure.ts'
import type { Binding, ImportOf, Piece } from './module-info.ts'

/** A table or source, by the file that declares it and the name that it is exported under (or has there). */
export interface ContractRef {
  readonly file: string
  readonly export: string
  /** Of the declaration's text. What a contract is, is its value: this only says where to look for a change. */
  readonly digest: string
}

/** The contracts behind a name; undefined: it is (also) something else. */
type Found = readonly ContractRef[] | undefined

/**
 * Tells which names of a loaded graph are tables or sources, through renamed imports, re-exports and barrels.
 * A namespace is one when all that is used of it is, or all that it exports.
 */
export class Contracts {
  readonly #graph: ModuleGraph
  readonly #pieces = new Map<Piece, Found>()
  readonly #known = new Map<string, Found>()

  constructor(graph: ModuleGraph) {
    this.#graph = graph
  }

  /** The contract that a top-level statement declares. */
  ofPiece(module: GraphModule, piece: Piece): Found {
    if (piece.contract === undefined) return undefined
    if (this.#pieces.has(piece)) return this.#pieces.get(piece)
    // Whatever comes back here by a circle is no contract; the same holds for exports.
    this.#pieces.set(piece, undefined)
    const found = this.#findPiece(module, piece)
    this.#pieces.set(piece, found)
    return found
  }

  #findPiece(module: GraphModule, piece: Piece): Found {
    if (piece.contract !== true && piece.contract !== undefined) {
      const [name = '', member] = piece.contract.split('.')
      const base = member === undefined ? this.#ofName(module, name) : this.#ofMember(module, name, member)
      if (!base) return undefined
    }
    const exported = Object.entries(module.info.exports).find(([, local]) => local === piece.name)?.[0]
    return [{ file: module.file, export: exported ?? piece.name, digest: piece.digest }]
  }

  /** The contracts that a binding of an import stands for. */
  ofBinding(module: GraphModule, imported: ImportOf, binding: Binding): Found {
    const target = module.target(imported)
    const to = target.to === 'file' ? this.#graph.module(target.path) : undefined
    if (!to) return undefined
    if (binding.imported !== '*') return this.ofExport(to, binding.imported)
    if (imported.kind === 'dynamic') return undefined
    const names = binding.members ?? this.exportNames(to).filter((name) => name !== 'default')
    return all(names.map((name) => this.ofExport(to, name)))
  }

  ofExport(module: GraphModule, name: string): Found {
    const key = `${module.path}\0${name}`
    if (this.#known.has(key)) return this.#known.get(key)
    this.#known.set(key, undefined)
    const found = this.#findExport(module, name)
    this.#known.set(key, found)
    return found
  }

  /** All names that a module exports, through `export *` too. */
  exportNames(module: GraphModule, seen = new Set<GraphModule>()): string[] {
    if (seen.has(module)) return []
    seen.add(module)
    const names = new Set(Object.keys(module.info.exports))
    for (const { imported, binding } of reExports(module)) {
      if (binding.local !== '*') names.add(binding.local)
      else for (const name of this.#starNames(module, imported, seen)) names.add(name)
    }
    return [...names]
  }

  #starNames(module: GraphModule, imported: ImportOf, seen: Set<GraphModule>): string[] {
    const target = module.target(imported)
    const to = target.to === 'file' ? this.#graph.module(target.path) : undefined
    return to ? this.exportNames(to, seen).filter((name) => name !== 'default') : []
  }

  #findExport(module: GraphModule, name: string): Found {
    const local = module.info.exports[name]
    if (local !== undefined) return this.#ofName(module, local)
    for (const { imported, binding } of reExports(module)) {
      if (binding.local === name) return this.ofBinding(module, imported, binding)
      if (binding.local !== '*' || name === 'default') continue
      const found = this.ofBinding(module, imported, { imported: name, local: name })
      if (found) return found
    }
    return undefined
  }

  #ofName(module: GraphModule, name: string): Found {
    const piece = module.info.pieces.find((each) => each.name === name)
    if (piece) return this.ofPiece(module, piece)
    const [imported, binding] = importOfName(module, name)
    return imported && binding && this.ofBinding(module, imported, binding)
  }

  #ofMember(module: GraphModule, name: string, member: string): Found {
    const [imported, binding] = importOfName(module, name)
    if (!imported || binding?.imported !== '*') return undefined
    return this.ofBinding(module, imported, { imported: member, local: name })
  }
}

function importOfName(module: GraphModule, name: string): [imported?: ImportOf, binding?: Binding] {
  for (const imported of module.info.imports) {
    const binding =
      imported.kind === 'import' ? imported.names.find(({ local }) => local === name) : undefined
    if (binding) return [imported, binding]
  }
  return []
}

function reExports({ info }: GraphModule): { imported: ImportOf; binding: Binding }[] {
  const exports = info.imports.filter(({ kind }) => kind === 'export')
  return exports.flatMap((imported) => imported.names.map((binding) => ({ imported, binding })))
}

/** All of them, when there are some and each is a contract. */
function all(found: readonly Found[]): Found {
  const refs = found.filter((each) => each !== undefined)
  return refs.length > 0 && refs.length === found.length ? refs.flat() : undefined
}
