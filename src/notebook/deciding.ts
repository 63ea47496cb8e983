import type { GraphModule, ModuleGraph } from './closure.ts'
import type { Binding, ImportOf } from './module-info.ts'

/** What of the code behind an entry can decide what is declared, module by module. */
export interface Deciding {
  readonly files: readonly { readonly file: string; readonly digest: string }[]
  /** Paths of files that are read by URL while modules are loaded. */
  readonly contents: ReadonlySet<string>
  readonly packages: ReadonlySet<string>
}

/**
 * What of modules can decide what they declare when they are loaded. Of a notebook that is only placed as a
 * step, the bodies of `run` and of its queries cannot, nor what only they import. Of everything else all counts.
 */
export function deciding(modules: ReadonlySet<GraphModule>, graph: ModuleGraph): Deciding {
  const list = [...modules]
  const inFull = list.some(({ info }) => info.looksInside === true)
    ? modules
    : new Set(list.flatMap((module) => handed(module, graph)))
  const contents = new Set<string>()
  const packages = new Set<string>()
  const files: { file: string; digest: string }[] = []
  for (const module of list) {
    const { declaring, imports } = module.info
    const part = inFull.has(module) ? undefined : declaring
    files.push({ file: module.file, digest: part?.digest ?? module.hash })
    for (const imported of imports) {
      if (imported.piece !== undefined && part?.later.includes(imported.piece) === true) continue
      const target = module.target(imported)
      if (target.to === 'package') packages.add(graph.packages.id(target.dir))
      if (target.to === 'content') contents.add(target.path)
    }
  }
  return { files, contents, packages }
}

/** The notebooks that a module hands on to code that could call what is in them. */
function handed({ info, target }: GraphModule, graph: ModuleGraph): GraphModule[] {
  return info.imports.flatMap((imported) => {
    const to = target(imported)
    const module = to.to === 'file' ? graph.module(to.path) : undefined
    if (module?.info.declaring === undefined) return []
    const all = imported.kind === 'dynamic' || imported.names.some((name) => isHanded(imported, name))
    return all ? [module] : []

    function isHanded({ kind }: ImportOf, { imported: name, local, members }: Binding): boolean {
      if (name === '*')
        return kind === 'export' ? local !== '*' : members === undefined || members.includes('default')
      return name === 'default' && (kind === 'export' || info.handedOn?.includes(local) === true)
    }
  })
}
