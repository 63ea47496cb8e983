import { readFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import type { Json } from '../base/wire.ts'
import type { Leads } from './leads.ts'
import type { StatIndex } from './stat-index.ts'

const folder = `${sep}node_modules${sep}`
type Lock = { readonly packages?: { readonly [path: string]: { readonly integrity?: string } } }

/**
 * Packages by name and version, as one look at the file system finds them. A package counts as
 * `name@version`, with the integrity that npm wrote into `node_modules/.package-lock.json` where there is one.
 */
export class Packages {
  readonly #index: StatIndex
  readonly #leads: Leads
  readonly #dirs = new Map<string, string | undefined>()
  readonly #ids = new Map<string, string>()
  readonly #locks = new Map<string, Promise<Lock>>()

  constructor(index: StatIndex, leads: Leads) {
    this.#index = index
    this.#leads = leads
  }

  /** The real folder of a package as modules of a folder see it: in the nearest `node_modules` above. */
  dir(from: string, name: string): string | undefined {
    const key = `${from}\0${name}`
    if (this.#dirs.has(key)) return this.#dirs.get(key)
    const here = join(from, 'node_modules', name)
    const above = dirname(from)
    let found = this.#leads.follow(here) ?? undefined
    if (found === undefined && above !== from) found = this.dir(above, name)
    this.#dirs.set(key, found)
    return found
  }

  /** The id of the package in a folder; call `identify` with it before. */
  id(dir: string): string {
    return this.#ids.get(dir) ?? dir
  }

  async identify(dir: string): Promise<void> {
    if (this.#ids.has(dir)) return
    const about = await this.#index.data(join(dir, 'package.json'), 'package', (content) => {
      const { name, version } = JSON.parse(content.toString('utf8')) as { name?: string; version?: string }
      return { name: name ?? '', version: version ?? '' }
    })
    const integrity = await this.#integrity(dir)
    const name = about?.name || dir.slice(dir.lastIndexOf(folder) + folder.length).replaceAll(sep, '/')
    this.#ids.set(dir, `${name}@${about?.version ?? ''}${integrity && ` ${integrity}`}`)
  }

  /** What is asked of the lock file is kept, not the whole of it: it can be megabytes. */
  async #integrity(dir: string): Promise<string> {
    const base = dir.slice(0, dir.indexOf(folder))
    const lock = join(base, 'node_modules', '.package-lock.json')
    if ((await this.#index.contentHash(lock)) === null) return ''
    const kept = (this.#index.peek(lock)?.data['integrity'] ?? {}) as { readonly [path: string]: Json }
    const path = relative(base, dir).replaceAll(sep, '/')
    const known = kept[path]
    if (typeof known === 'string') return known
    let parsed = this.#locks.get(lock)
    if (!parsed)
      this.#locks.set(lock, (parsed = readFile(lock, 'utf8').then((text) => JSON.parse(text) as Lock)))
    const integrity = (await parsed).packages?.[path]?.integrity ?? ''
    this.#index.annotate(lock, 'integrity', { ...kept, [path]: integrity })
    return integrity
  }
}

/** The name of the package that a bare specifier names: `zod` of `zod/v4`, `@a/b` of `@a/b/c`. */
export function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** The folder of the package that a file inside `node_modules` belongs to, undefined for other files. */
export function packageDirOf(path: string): string | undefined {
  const at = path.lastIndexOf(folder)
  if (at === -1) return undefined
  const rest = path.slice(at + folder.length).split(sep)
  return join(path.slice(0, at), 'node_modules', ...rest.slice(0, rest[0]?.startsWith('@') ? 2 : 1))
}
