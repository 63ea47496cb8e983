import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, extname, join, resolve, sep } from 'node:path'
import { writeCache } from '../base/cache-file.ts'
import { sha256 } from '../base/digest.ts'
import { isSluice } from './declared.ts'
import { realPath } from './leads.ts'
import { withoutMark } from './module-info.ts'
import { packageName } from './packages.ts'
import { plainModule, type PlainModule } from './plain-module.ts'
import { plainSettings } from './plain-settings.ts'
import { errnoOf } from '../storage/fault.ts'

/** Where a module lies as JavaScript, with the content of all that it was made from, by path. */
export interface PlainEntry {
  readonly file: string
  readonly read: ReadonlyMap<string, Buffer>
}

/** Where JavaScript of a project's modules lies. */
const plainFolder = join('.sluice', 'modules')

const endings: ReadonlySet<string> = new Set(['.ts', '.mts', '.js', '.mjs'])

/** So many files that nothing loaded now needs may lie there before those older than a day go. */
const mostOthers = 5000
const oldMs = 24 * 3600 * 1000

/** A module that was read, and the modules that it imports, by their specifiers; `null` for those of packages. */
interface Open {
  readonly module: PlainModule
  readonly targets: readonly (string | null)[]
  /** How many of the targets have their names. */
  at: number
}

/**
 * Writes modules of a project as JavaScript, under names that follow from their content and from what they import:
 * whatever is edited has another name, and Node keeps each once. Node loads them in a fraction of the time of
 * tsx, which asks a thread about each import and each module. Modules that are not quite usual are left to tsx:
 * those with `import()`, JSON, CommonJS, `paths`, circles or other endings than those that are there, and all that
 * import them. A file is read once: what a process has loaded stays loaded.
 */
export class PlainGraph {
  readonly #root: string
  readonly #folder: string
  readonly #settings: ReturnType<typeof plainSettings>
  /** Names of files in the folder; null where tsx is needed. */
  readonly #names = new Map<string, string | null>()
  readonly #read = new Map<string, Buffer>()
  readonly #folders = new Map<string, boolean>()
  readonly #packages = new Map<string, boolean>()
  #wrote = false

  /** `root` is the real path of the project. */
  constructor(root: string) {
    this.#root = root
    this.#folder = join(root, plainFolder)
    this.#settings = plainSettings(root)
  }

  /** Undefined where tsx is needed. */
  entry(file: string): PlainEntry | undefined {
    const path = realPath(file)
    if (path === null) return undefined
    if (!this.#names.has(path)) {
      this.#write(path)
      this.#tidy()
    }
    const name = this.#names.get(path)
    return name == null ? undefined : { file: join(this.#folder, name), read: this.#read }
  }

  /** Down to what imports nothing, and up again with names: chains of imports can be as long as a flow. */
  #write(entry: string): void {
    const open = new Map<string, Open>()
    const trail = [entry]
    for (let path = trail.at(-1); path !== undefined; path = trail.at(-1)) {
      const module = open.get(path) ?? this.#open(path)
      const next = module && this.#nextOf(module)
      if (!module || next === null || (next !== undefined && open.has(next))) {
        for (const each of trail) this.#names.set(each, null)
        return
      }
      open.set(path, module)
      if (next !== undefined) trail.push(next)
      else {
        this.#names.set(path, this.#keep(module))
        open.delete(path)
        trail.pop()
      }
    }
  }

  /** The next target without a name; null when there is one that has none. */
  #nextOf(module: Open): string | null | undefined {
    for (; module.at < module.targets.length; module.at++) {
      const target = module.targets[module.at]
      if (target == null) continue
      const name = this.#names.get(target)
      if (name === undefined) return target
      if (name === null) return null
    }
    return undefined
  }

  #open(path: string): Open | undefined {
    if (!this.#settings || !endings.has(extname(path)) || !this.#isUsual(dirname(path))) return undefined
    const content = readFileSync(path)
    this.#read.set(path, content)
    const module = plainModule(path, withoutMark(content.toString('utf8')), this.#settings.verbatim)
    const targets = module?.specifiers.map((specifier) => this.#target(path, specifier))
    if (!module || !targets || targets.includes(undefined)) return undefined
    return { module, targets: targets.map((target) => target ?? null), at: 0 }
  }

  /** A file of the project, null for what Node finds by itself, undefined for what tsx must look for. */
  #target(from: string, specifier: string): string | null | undefined {
    if (/^\.\.?\//.test(specifier)) {
      const path = realPath(resolve(dirname(from), specifier))
      return path !== null && statSync(path).isFile() ? path : undefined
    }
    if (isBuiltin(specifier) || isSluice(specifier)) return null
    const isName = /^[@\w]/.test(specifier) && !specifier.includes(':')
    return isName && this.#isPackage(packageName(specifier)) ? null : undefined
  }

  /** Null where it cannot be written: tsx keeps nothing in the project. */
  #keep({ module, targets }: Open): string | null {
    const specifiers = targets.map((target, index) =>
      target === null ? (module.specifiers[index] ?? '') : `./${this.#names.get(target)}`,
    )
    const text = module.text(specifiers)
    const name = `${sha256(text).slice(0, 32)}.mjs`
    const file = join(this.#folder, name)
    if (existsSync(file)) return name
    if (!writeCache(file, text)) return null
    this.#wrote = true
    return name
  }

  /** Edits leave files behind: old ones go when there are many. A process that looks for one takes tsx instead. */
  #tidy(): void {
    if (!this.#wrote) return
    this.#wrote = false
    try {
      this.#removeOld()
    } catch (error) {
      if (errnoOf(error) === undefined) throw error
    }
  }

  #removeOld(): void {
    const used = new Set(this.#names.values())
    const others = readdirSync(this.#folder).filter((name) => !used.has(name))
    if (others.length < mostOthers) return
    for (const name of others) {
      const file = join(this.#folder, name)
      const changed = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
      if (Date.now() - changed > oldMs) rmSync(file, { force: true })
    }
  }

  /** Whether packages and the kind of modules are those of the project's own folder, where the copies lie. */
  #isUsual(folder: string): boolean {
    if (folder === this.#root) return true
    let usual = this.#folders.get(folder)
    if (usual === undefined) {
      const inside = folder.startsWith(this.#root + sep)
      const own = ['node_modules', 'package.json', 'tsconfig.json'].some((name) =>
        existsSync(join(folder, name)),
      )
      usual = inside && !own && this.#isUsual(dirname(folder))
      this.#folders.set(folder, usual)
    }
    return usual
  }

  /** Whether a name is that of an installed package, whose modules Node loads as they are. */
  #isPackage(name: string): boolean {
    let installed = this.#packages.get(name)
    if (installed === undefined) {
      installed = false
      for (let folder = this.#root; ; folder = dirname(folder)) {
        const here = join(folder, 'node_modules', name)
        if (existsSync(here)) installed = (realPath(here) ?? '').includes(`${sep}node_modules${sep}`)
        if (existsSync(here) || dirname(folder) === folder) break
      }
      this.#packages.set(name, installed)
    }
    return installed
  }
}
