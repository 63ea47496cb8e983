import type { GraphModule, ModuleGraph } from './closure.ts'
import type { ContractRef, Contracts } from './contracts.ts'
import type { Binding, ImportOf, Kept } from './module-info.ts'
import { isPath, type Target } from './resolve.ts'
import { untrackedImport, type Untracked } from './untracked-places.ts'

/** Where a module's imports lead, gathered import by import. */
export interface Edges {
  /** What the digest holds of the names that are imported. Their order does not count: formatters sort them. */
  readonly names: string[]
  /** Imports without names run for what they do: their order counts. */
  readonly bare: string[]
  readonly modules: string[]
  readonly contents: string[]
  readonly packages: string[]
  readonly contracts: ContractRef[]
  /** Those that code itself refers to. */
  readonly used: ContractRef[]
  readonly untracked: Untracked[]
}

export function noEdges(): Edges {
  return {
    names: [],
    bare: [],
    modules: [],
    contents: [],
    packages: [],
    contracts: [],
    used: [],
    untracked: [],
  }
}

/** Adds one import: nothing but contracts when all that is left of it are contracts, else all that is behind it. */
export function addEdge(
  edges: Edges,
  module: GraphModule,
  imported: ImportOf,
  kept: Kept,
  graph: ModuleGraph,
  contracts: Contracts,
): void {
  const { kind, names, piece } = imported
  if (piece !== undefined && !kept.pieces.includes(piece)) return
  const where = whereTo(module, imported, graph)
  const used: string[] = []
  for (const binding of names) {
    const refs = contracts.ofBinding(module, imported, binding)
    if (refs) edges.contracts.push(...refs)
    if (!isLeft(imported, binding, kept)) continue
    // A contract that code refers to counts by where it is, one that is only passed on does not.
    const to = refs ? refs.map((ref) => `${ref.file}#${ref.export}`).join(' ') : where
    if (refs && kind === 'import') edges.used.push(...refs)
    const members = binding.members?.toSorted().join(' ') ?? ''
    if (!refs || kind === 'import')
      edges.names.push([kind, binding.local, binding.imported, members, to].join('\0'))
    if (!refs) used.push(...(binding.members ?? [binding.imported]))
  }
  if (names.length === 0) edges.bare.push(`${kind}\0${where}`)
  else if (used.length === 0) return
  addTarget(edges, module.target(imported), graph)
  const untracked = untrackedImport(module, imported, used, graph)
  if (untracked) edges.untracked.push(untracked)
}

/** Adds the files and packages that an import leads to. */
function addTarget(edges: Edges, target: Target, graph: ModuleGraph): void {
  if (target.to === 'package') edges.packages.push(graph.packages.id(target.dir))
  if (target.to === 'content') edges.contents.push(target.path)
  const isModule =
    target.to === 'file' || (target.to === 'content' && graph.module(target.path) !== undefined)
  if (isModule) edges.modules.push(target.path)
}

/** Whether a binding still serves code. An import that nothing ever referred to stays, for what it does. */
function isLeft({ kind }: ImportOf, { local }: Binding, kept: Kept): boolean {
  return kind !== 'import' || kept.refs.includes(local) || !kept.dropped.includes(local)
}

/** Where an import leads, as a text that is the same in every copy of the project. */
function whereTo(module: GraphModule, imported: ImportOf, graph: ModuleGraph): string {
  const target = module.target(imported)
  if (target.to === 'file' || target.to === 'content') return graph.file(target.path)
  // Of a package, the folder may differ from copy to copy: its id is a part of its own.
  return isPath(imported.from) ? `missing ${imported.from}` : imported.from
}
