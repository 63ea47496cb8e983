import type { Problem } from '../base/problem.ts'
import type { GraphModule, ModuleGraph } from './closure.ts'
import type { ImportOf } from './module-info.ts'

/**
 * Finds modules that import each other in a circle, contracts too: one of them would see the other before its
 * declarations ran. Tarjan's strongly connected components (1972) with a stack of its own; what was visited
 * for one entry is not visited again for the next. Dynamic imports run later and make no circle.
 */
export class Cycles {
  readonly #graph: ModuleGraph
  readonly #order = new Map<GraphModule, number>()
  readonly #low = new Map<GraphModule, number>()
  readonly #open: GraphModule[] = []
  readonly #isOpen = new Set<GraphModule>()
  readonly #problems = new Map<GraphModule, Problem>()

  constructor(graph: ModuleGraph) {
    this.#graph = graph
  }

  /** The Problem of the circle that a module is in. `visit` an entry that leads to it before. */
  problemOf(module: GraphModule): Problem | undefined {
    return this.#problems.get(module)
  }

  visit(entry: GraphModule): void {
    if (this.#order.has(entry)) return
    const trail = [this.#enter(entry)]
    for (let step = trail.at(-1); step; step = trail.at(-1)) {
      const next = step.next.pop()
      if (!next) {
        trail.pop()
        const above = trail.at(-1)
        if (above) this.#lower(above.module, this.#low.get(step.module))
        this.#close(step.module)
      } else if (!this.#order.has(next)) trail.push(this.#enter(next))
      else if (this.#isOpen.has(next)) this.#lower(step.module, this.#order.get(next))
    }
  }

  #enter(module: GraphModule): { module: GraphModule; next: GraphModule[] } {
    const number = this.#order.size
    this.#order.set(module, number)
    this.#low.set(module, number)
    this.#open.push(module)
    this.#isOpen.add(module)
    return { module, next: this.#imports(module).map(({ to }) => to) }
  }

  #lower(module: GraphModule, to = 0): void {
    this.#low.set(module, Math.min(this.#low.get(module) ?? 0, to))
  }

  #close(module: GraphModule): void {
    if (this.#low.get(module) !== this.#order.get(module)) return
    const members = this.#open.splice(this.#open.lastIndexOf(module))
    for (const member of members) this.#isOpen.delete(member)
    const isCircle = members.length > 1 || this.#imports(module).some(({ to }) => to === module)
    if (!isCircle) return
    const problem = this.#describe(members.toSorted((a, b) => (a.file < b.file ? -1 : 1)))
    for (const member of members) this.#problems.set(member, problem)
  }

  #imports(module: GraphModule): { to: GraphModule; imported: ImportOf }[] {
    return module.info.imports.flatMap((imported) => {
      const target = module.target(imported)
      const isStatic = imported.kind === 'import' || imported.kind === 'export'
      const to = isStatic && target.to === 'file' ? this.#graph.module(target.path) : undefined
      return to ? [{ to, imported }] : []
    })
  }

  #describe(members: readonly GraphModule[]): Problem {
    const places = members.flatMap((module) =>
      this.#imports(module)
        .filter(({ to }) => members.includes(to))
        .map(({ to, imported: { line, column } }) => ({
          message: `'${module.file}' imports '${to.file}'`,
          where: { file: module.file, line, column },
        })),
    )
    const [first] = places
    const files = members.map(({ file }) => `'${file}'`).join(', ')
    return {
      code: 'notebook/import-cycle',
      message: members.length === 1 ? `${files} imports itself` : `${files} import each other in a circle`,
      ...(first && { where: first.where }),
      related: places,
      hint: 'move what they share to a module that imports none of them, such as a tables.ts in their folder',
    }
  }
}
