import type { Place } from '../base/problem.ts'
import type { GraphModule, ModuleGraph } from './closure.ts'
import type { Finding, ImportOf } from './module-info.ts'
import { untrackedBuiltin } from './untracked.ts'

/** A use of something that the fingerprint does not see, in a file of the project. */
export interface Untracked extends Required<Place> {
  readonly what: string
}

export function placed(file: string, { what, line, column }: Omit<Finding, 'piece'>): Untracked {
  return { what, file, line, column }
}

/** What is untracked about an import itself, of which code uses these names. */
export function untrackedImport(
  module: GraphModule,
  imported: ImportOf,
  names: readonly string[],
  graph: ModuleGraph,
): Untracked | undefined {
  const what = whatOf(module, imported, names, graph)
  return what === undefined ? undefined : placed(module.file, { ...imported, what })
}

/** Everything untracked in a module, also in the parts that a code version leaves out. */
export function allUntracked(module: GraphModule, graph: ModuleGraph): Untracked[] {
  const { imports, untracked } = module.info
  return [
    ...untracked.map((finding) => placed(module.file, finding)),
    ...imports.flatMap((imported) => {
      const names = imported.names.flatMap((binding) => binding.members ?? [binding.imported])
      return untrackedImport(module, imported, names, graph) ?? []
    }),
  ]
}

function whatOf(
  module: GraphModule,
  imported: ImportOf,
  names: readonly string[],
  graph: ModuleGraph,
): string | undefined {
  const target = module.target(imported)
  if (target.to === 'known') return untrackedBuiltin(imported.from, names)
  if (target.to === 'missing' && imported.kind === 'dynamic') return `import('${imported.from}')`
  if (target.to === 'content' && graph.content(target.path) === 'folder')
    return `the folder '${imported.from}'`
  return undefined
}
