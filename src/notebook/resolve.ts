import { isBuiltin } from 'node:module'
import { dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ResolverFactory } from 'oxc-resolver'
import type { Json } from '../base/wire.ts'
import { isSluice } from './declared.ts'
import type { ImportOf } from './module-info.ts'
import type { Leads } from './leads.ts'
import { packageDirOf, packageName, type Packages } from './packages.ts'
import type { StatIndex } from './stat-index.ts'

/** Where an import leads. `known`: Node's own, Sluice's, or inline: the specifier says it all. */
export type Target =
  | { readonly to: 'file' | 'content'; readonly path: string }
  | { readonly to: 'package'; readonly dir: string }
  | { readonly to: 'known' }
  | { readonly to: 'missing' }

/**
 * A resolution as the stat index keeps it. `guard`: a file that decided it, and its hash then. `via`: the file by
 * the name that leads to it through links.
 */
type Kept =
  | { readonly file: string; readonly guard?: readonly [path: string, hash: string]; readonly via?: string }
  | { readonly package: string }
type KeptAll = { readonly tsconfig: string; readonly targets: { readonly [specifier: string]: Kept } }

/**
 * Resolves imports as Node and tsx do, and keeps the results in the stat index. A kept result is used while
 * the file is still there, links lead to it as they did, the nearest package of the name is the same folder, and
 * the files that decided (the project's `tsconfig.json`, the `package.json` of a workspace package or of a `#` import) are unchanged. A
 * new file that would come before the old one (`x.ts` beside `x/index.ts`) is not noticed: a known limit.
 */
export class Resolver {
  readonly #root: string
  readonly #index: StatIndex
  readonly #packages: Packages
  readonly #exists: (path: string) => boolean
  readonly #leads: Leads
  #real: ResolverFactory | undefined
  #named: ResolverFactory | undefined
  #tsconfig: string | undefined

  constructor(
    root: string,
    index: StatIndex,
    packages: Packages,
    leads: Leads,
    exists: (path: string) => boolean,
  ) {
    this.#root = root
    this.#leads = leads
    this.#index = index
    this.#packages = packages
    this.#exists = exists
  }

  /** Where each import of a module leads, by kind and specifier (`targetKey`). */
  async targets(path: string, imports: readonly ImportOf[]): Promise<ReadonlyMap<string, Target>> {
    this.#tsconfig ??= (await this.#index.contentHash(join(this.#root, 'tsconfig.json'))) ?? ''
    const kept = this.#kept(path)
    const targets = new Map<string, Target>()
    const added: Record<string, Kept> = {}
    for (const { kind, from } of imports) {
      const key = targetKey(kind, from)
      if (targets.has(key)) continue
      const simple = kind === 'url' ? contentTarget(path, from) : simpleTarget(from)
      const known = kept[from]
      if (simple) targets.set(key, simple)
      else if (known && (await this.#holds(path, from, known))) targets.set(key, targetOf(known))
      else {
        const found = await this.#resolve(path, from)
        targets.set(key, found ? targetOf(found) : { to: 'missing' })
        if (found) added[from] = found
      }
    }
    if (Object.keys(added).length > 0) {
      const all: KeptAll & Json = { tsconfig: this.#tsconfig, targets: { ...kept, ...added } }
      this.#index.annotate(path, 'targets', all)
    }
    return targets
  }

  #kept(path: string): { readonly [specifier: string]: Kept } {
    const all = this.#index.peek(path)?.data['targets'] as KeptAll | undefined
    if (!all) return {}
    if (all.tsconfig === this.#tsconfig) return all.targets
    return Object.fromEntries(Object.entries(all.targets).filter(([specifier]) => isPath(specifier)))
  }

  async #holds(path: string, specifier: string, kept: Kept): Promise<boolean> {
    if ('package' in kept) return this.#packages.dir(dirname(path), packageName(specifier)) === kept.package
    if (!this.#exists(kept.file)) return false
    if (kept.via !== undefined && this.#leads.follow(kept.via) !== kept.file) return false
    const linked = isPath(specifier) ? undefined : this.#packages.dir(dirname(path), packageName(specifier))
    if (linked !== undefined && !kept.file.startsWith(linked + sep)) return false
    return !kept.guard || (await this.#index.contentHash(kept.guard[0])) === kept.guard[1]
  }

  async #resolve(path: string, specifier: string): Promise<Kept | undefined> {
    const tsconfig = this.#tsconfig === '' ? undefined : join(this.#root, 'tsconfig.json')
    this.#real ??= await makeFactory(tsconfig, true)
    this.#named ??= await makeFactory(tsconfig, false)
    const request = specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier
    const { path: file, packageJsonPath } = this.#real.sync(dirname(path), request)
    if (file === undefined) return undefined
    const via = this.#linkTo(file, this.#named.sync(dirname(path), request).path)
    if (isPath(specifier)) return { file, ...via }
    const dir = packageDirOf(file)
    const named = this.#packages.dir(dirname(path), packageName(specifier))
    // A package that is reached by another name than its folder's is followed through the file.
    if (dir !== undefined && named === dir) return { package: dir }
    const hash = packageJsonPath === undefined ? null : await this.#index.contentHash(packageJsonPath)
    return packageJsonPath === undefined || hash === null
      ? { file, ...via }
      : { file, guard: [packageJsonPath, hash], ...via }
  }

  #linkTo(file: string, via: string | undefined): { via?: string } {
    if (via === undefined || via === file) return {}
    this.#leads.follow(via)
    return { via }
  }
}

export function targetKey(kind: ImportOf['kind'], from: string): string {
  return kind === 'url' ? `url ${from}` : from
}

/** Whether a specifier is a path or URL of a file: such a resolution depends on that file alone. */
export function isPath(specifier: string): boolean {
  return /^(?:\.{1,2}(?:\/|$)|\/|file:)/.test(specifier)
}

function simpleTarget(from: string): Target | undefined {
  return isSluice(from) || isBuiltin(from) || from.startsWith('data:') ? { to: 'known' } : undefined
}

function contentTarget(path: string, from: string): Target {
  return { to: 'content', path: resolve(fileURLToPath(new URL(from, pathToFileURL(path)))) }
}

function targetOf(kept: Kept): Target {
  if ('package' in kept) return { to: 'package', dir: kept.package }
  const dir = packageDirOf(kept.file)
  return dir === undefined ? { to: 'file', path: kept.file } : { to: 'package', dir }
}

/** The rules of Node and tsx. `linked`: the real file behind links, as they take it. */
async function makeFactory(tsconfig: string | undefined, linked: boolean): Promise<ResolverFactory> {
  const { ResolverFactory } = await import('oxc-resolver')
  return new ResolverFactory({
    conditionNames: ['node', 'import'],
    extensions: ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json'],
    extensionAlias: {
      '.js': ['.ts', '.tsx', '.js'],
      '.jsx': ['.tsx', '.jsx'],
      '.mjs': ['.mts', '.mjs'],
      '.cjs': ['.cts', '.cjs'],
    },
    mainFields: ['main'],
    nodePath: false,
    symlinks: linked,
    ...(tsconfig !== undefined && { tsconfig: { configFile: tsconfig } }),
  })
}
