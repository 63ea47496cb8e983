import { LineCounter, isMap, isNode, isScalar } from 'yaml'
import type { Document } from 'yaml'
import type { z } from 'zod'
import { ProblemError, orderProblems } from '../base/problem.ts'
import { readYaml, yamlValue } from '../base/yaml-text.ts'
import type { Place, Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Json } from '../base/wire.ts'
import { forms, secretKeys } from './config-keys.ts'
import { storageKinds } from './kinds.ts'
import type { StorageKind } from './kinds.ts'

export interface StorageForm {
  readonly kind: StorageKind
  /** As written; empty where the kind has none. */
  readonly root: string
  readonly options: { readonly [option: string]: Json }
}

/**
 * Checks the text of `storage/<name>.yaml`.
 * Throws a ProblemError `storage/config-invalid` with all that is wrong, by line and column.
 */
export function parseStorageConfig(text: string, name: string): StorageForm {
  const page = new Page(text, name)
  const { kind, ...keys } = page.keys()
  if (!isKind(kind)) throw new ProblemError(page.unknownKind(kind))
  const parsed = forms[kind].safeParse(keys)
  const problems = [
    ...(parsed.error?.issues ?? []).flatMap((issue) => page.issue(issue, kind)),
    ...page.references(keys),
    ...page.inlineSecrets(keys),
  ]
  if (!parsed.success || problems.length > 0) throw new ProblemError(orderProblems(problems))
  const { root = '', ...options } = parsed.data as {
    readonly root?: string
    readonly [option: string]: Json | undefined
  }
  return { kind, root, options: options as StorageForm['options'] }
}

const wholeReference = /^\$\{env:[A-Za-z_][A-Za-z0-9_]*\}$/

function isKind(value: unknown): value is StorageKind {
  return storageKinds.some((kind) => kind === value)
}

/** A parsed YAML file that knows where each of its keys stands. */
class Page {
  readonly #name: string
  readonly #lines = new LineCounter()
  readonly #document: Document

  constructor(text: string, name: string) {
    this.#name = name
    this.#document = readYaml(text, { lineCounter: this.#lines, prettyErrors: false })
    const faults = [...this.#document.errors, ...this.#document.warnings]
    if (faults.length > 0) {
      throw new ProblemError(faults.map(({ message, pos }) => this.#problem(message, this.#at(pos[0]))))
    }
  }

  /** The keys of the file; an empty file has none. */
  keys(): { readonly [key: string]: unknown } {
    if (!isMap(this.#document.contents)) {
      throw new ProblemError(
        this.#problem("the file must be a list of keys and values, such as 'kind: local'", this.#at(0)),
      )
    }
    const read = yamlValue(this.#document)
    if ('fault' in read) throw new ProblemError(this.#problem(read.fault, this.#at(0)))
    return read.value as { readonly [key: string]: unknown }
  }

  unknownKind(kind: unknown): Problem {
    const known = `there is ${storageKinds.map((name) => `'${name}'`).join(', ')}`
    if (kind === undefined) return this.#problem("the key 'kind' is missing", this.#at(0), known)
    const hint = typeof kind === 'string' ? didYouMean(kind, storageKinds) : known
    return this.#problem(`there is no kind of storage ${JSON.stringify(kind)}`, this.#where(['kind']), hint)
  }

  /** What zod found, at its place; one Problem for each unknown key. */
  issue(issue: z.core.$ZodIssue, kind: StorageKind): Problem[] {
    if (issue.code !== 'unrecognized_keys') {
      return [this.#problem(`'${issue.path.join('.')}': ${issue.message}`, this.#where(issue.path))]
    }
    const known = ['kind', ...Object.keys(forms[kind].shape)]
    return issue.keys.map((key) => {
      const path = [...issue.path, key]
      const message = `the kind '${kind}' has no key '${path.join('.')}'`
      return this.#problem(message, this.#keyAt(path), didYouMean(key, known))
    })
  }

  /** References to something other than the environment, at any depth. */
  references(value: unknown, path: readonly PropertyKey[] = []): Problem[] {
    if (typeof value === 'string') {
      if (!value.replaceAll(/\$\{env:[A-Za-z_][A-Za-z0-9_]*\}/g, '').includes('${')) return []
      const message = `'${path.join('.')}' holds a reference that is not of the form \${env:NAME}`
      return [this.#problem(message, this.#where(path), 'the name has letters, digits and _')]
    }
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(value).flatMap(([key, item]) => this.references(item, [...path, key]))
  }

  /** Values that are to come from the environment, but stand in the file, which is kept in a repository. */
  inlineSecrets(keys: { readonly [key: string]: unknown }): Problem[] {
    return Object.entries(keys).flatMap(([key, value]) => {
      const variable = secretKeys[key]
      if (variable === undefined || (typeof value === 'string' && wholeReference.test(value))) return []
      const message = `storage '${this.#name}': '${key}' stands in the file itself`
      const hint = `write ${key}: \${env:${variable}}, and set ${variable} where Sluice runs; if the file was ever shared, replace the secret`
      return [{ code: 'storage/secret-inline', message, where: this.#where([key]), hint }]
    })
  }

  #problem(message: string, where: Place, hint?: string): Problem {
    return { code: 'storage/config-invalid', message: `storage '${this.#name}': ${message}`, where, hint }
  }

  #where(path: readonly PropertyKey[]): Place {
    const found = this.#document.getIn(path, true)
    return isNode(found) && found.range ? this.#at(found.range[0]) : this.#keyAt(path)
  }

  #keyAt(path: readonly PropertyKey[]): Place {
    const map = path.length > 1 ? this.#document.getIn(path.slice(0, -1), true) : this.#document.contents
    const pair = isMap(map)
      ? map.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
      : undefined
    return this.#at(isScalar(pair?.key) && pair.key.range ? pair.key.range[0] : 0)
  }

  #at(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset)
    return { file: `storage/${this.#name}.yaml`, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
}
