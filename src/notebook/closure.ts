import { realpathSync, statSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import type { Json } from '../base/wire.ts'
import type { ImportOf, ModuleInfo } from './module-info.ts'
import { Leads } from './leads.ts'
import { Packages } from './packages.ts'
import { isModulePath, readModule } from './read-module.ts'
import { Resolver, targetKey, type Target } from './resolve.ts'
import type { StatIndex } from './stat-index.ts'

/** A file that is followed, with what it imports. */
export interface GraphModule {
  readonly path: string
  /** Relative to the project, with `/`. */
  readonly file: string
  readonly info: ModuleInfo
  /** BLAKE3 of the content. */
  readonly hash: string
  /** The stat of the file when it was looked at; see `statKey`. */
  readonly stat: string
  readonly target: (imported: ImportOf) => Target
}

/** What a path of `new URL('literal', import.meta.url)` holds: the hash of a file, `folder`, or `absent`. */
export type Content = string

/** Under which name the stat index keeps what is known of a module: another form has another name. */
const form = 'module-2'

const missing: Target = { to: 'missing' }

/**
 * One look at the modules of a project and all that they import: each file is asked for its stat once. Make a
 * new one to look again. Nothing is executed.
 */
export class ModuleGraph {
  readonly root: string
  readonly packages: Packages
  readonly #index: StatIndex
  readonly #resolver: Resolver
  readonly #leads = new Leads()
  readonly #modules = new Map<string, GraphModule>()
  #last: Promise<unknown> = Promise.resolve()
  readonly #files = new Map<string, string>()
  readonly #contents = new Map<string, Content>()
  readonly #known = new Map<string, ReturnType<StatIndex['lookup']>>()

  constructor(root: string, index: StatIndex) {
    this.root = realpathSync.native(root)
    this.#index = index
    this.packages = new Packages(index, this.#leads)
    const exists = (path: string) => this.#lookup(path) !== null
    this.#resolver = new Resolver(this.root, index, this.packages, this.#leads, exists)
  }

  /**
   * Reads a file and everything that it imports, directly or not. `file` is absolute or relative to the
   * project. Returns undefined when there is no such file.
   */
  load(file: string): Promise<GraphModule | undefined> {
    // One after the other: a module that is there has all that it imports.
    const loaded = this.#last.then(() => this.#load(file))
    // Who called for it is told; the next one starts anew.
    this.#last = loaded.catch(() => undefined)
    return loaded
  }

  async #load(file: string): Promise<GraphModule | undefined> {
    const named = resolve(this.root, file)
    // What the index knows of is a real path, and is the same file as long as its inode is.
    const entry = this.#lookup(named) ? named : (this.#leads.follow(named) ?? named)
    const queue = [entry]
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (this.#modules.has(path)) continue
      const module = await this.#read(path)
      if (!module) continue
      this.#modules.set(path, module)
      for (const imported of module.info.imports) {
        const target = module.target(imported)
        if (target.to === 'package') await this.packages.identify(target.dir)
        else if (target.to === 'file') queue.push(target.path)
        else if (target.to === 'content') {
          await this.#readContent(target.path)
          if (isModulePath(target.path)) queue.push(target.path)
        }
      }
    }
    return this.#modules.get(entry)
  }

  /** A module that was loaded, or undefined when its file was not there. */
  module(path: string): GraphModule | undefined {
    return this.#modules.get(path)
  }

  /** Where names led that are no real paths, for all that was loaded. */
  leads(): [path: string, real: string | null][] {
    return this.#leads.list()
  }

  /** A loaded module with all modules that loading it loads. */
  behind(entry: GraphModule): Set<GraphModule> {
    const modules = new Set([entry])
    for (const module of modules) {
      for (const imported of module.info.imports) {
        const target = module.target(imported)
        const next = target.to === 'file' || target.to === 'content' ? this.module(target.path) : undefined
        if (next) modules.add(next)
      }
    }
    return modules
  }

  /** Modules, with all loaded ones whose loading loads one of them. */
  importers(of: Iterable<GraphModule>): Set<GraphModule> {
    const by = new Map<string, GraphModule[]>()
    for (const module of this.#modules.values()) {
      for (const imported of module.info.imports) {
        const target = module.target(imported)
        if (target.to !== 'file' && target.to !== 'content') continue
        const known = by.get(target.path)
        if (known) known.push(module)
        else by.set(target.path, [module])
      }
    }
    const found = new Set(of)
    for (const module of found) for (const each of by.get(module.path) ?? []) found.add(each)
    return found
  }

  content(path: string): Content {
    return this.#contents.get(path) ?? 'absent'
  }

  /** A path as Problems and digests name it. */
  file(path: string): string {
    let file = this.#files.get(path)
    if (file === undefined) this.#files.set(path, (file = relative(this.root, path).replaceAll(sep, '/')))
    return file
  }

  async #read(path: string): Promise<GraphModule | undefined> {
    const known = this.#lookup(path)
    if (known === null) return undefined
    // The kind names the form: `readModule` wrote it.
    const kept = known?.data[form] as (ModuleInfo & Json) | undefined
    const info = kept ?? (await this.#index.data(path, form, (content) => readModule(path, content)))
    const { hash, key: stat } = this.#index.peek(path) ?? {}
    if (info === null || hash === undefined || stat === undefined) return undefined
    const targets = await this.#resolver.targets(path, info.imports)
    const target = (imported: ImportOf): Target =>
      targets.get(targetKey(imported.kind, imported.from)) ?? missing
    return { path, file: this.file(path), info, hash, stat, target }
  }

  async #readContent(path: string): Promise<void> {
    if (this.#contents.has(path)) return
    const hash = await this.#index.contentHash(path)
    this.#contents.set(path, hash ?? (isFolder(path) ? 'folder' : 'absent'))
  }

  #lookup(path: string): ReturnType<StatIndex['lookup']> {
    if (!this.#known.has(path)) this.#known.set(path, this.#index.lookup(path))
    return this.#known.get(path)
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
