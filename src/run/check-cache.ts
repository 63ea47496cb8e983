import path from 'node:path'
import { sha256 } from '../base/digest.ts'
import { readJsonFile, writeJsonFile } from '../base/json-file.ts'
import type { Problem } from '../base/problem.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import type { QueryLineage } from '../engine/analysis.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import { cacheFolder } from '../flow/project.ts'
import { declaredParts } from '../freshness/parts.ts'
import type { CodeFact } from '../freshness/findings.ts'
import type { FileHashes } from './found-places.ts'

/**
 * The form of what is kept, and of what is found: another form counts as none. Raise it by hand whenever the rules
 * of analysis change (what is a problem or a warning, its words or its place): else what earlier checks have found
 * hides what the new rules would find in queries that did not change.
 */
const form = 7

/** What was found in the queries of a notebook, or in the conditions of a table. */
export interface Found {
  readonly problems: readonly Problem[]
  readonly queries: number
  /** By output. */
  readonly lineage?: { readonly [handle: string]: QueryLineage }
  /** The files in which Problems stand: places move with what does not count as code. */
  readonly places?: FileHashes
}

interface Kept {
  readonly form: number
  readonly engine: string
  readonly found: { readonly [key: string]: Found }
}

/** What earlier checks have found, in `.sluice/`; safe to delete. */
export class CheckCache {
  readonly #file: string
  readonly #engine: string
  readonly #known: Kept['found']
  readonly #used = new Map<string, Found>()
  #changed = false

  constructor(root: string, engine: string, lineage: boolean) {
    this.#file = path.join(root, cacheFolder, lineage ? 'check-lineage.json' : 'check.json')
    this.#engine = engine
    const kept = readJsonFile<Kept>(this.#file)
    this.#known = kept?.form === form && kept.engine === engine ? kept.found : {}
  }

  /** Whether nothing is kept: everything will be looked at. */
  get isEmpty(): boolean {
    return Object.keys(this.#known).length === 0
  }

  get(key: string): Found | undefined {
    const found = this.#used.get(key) ?? (Object.hasOwn(this.#known, key) ? this.#known[key] : undefined)
    if (found) this.#used.set(key, found)
    return found
  }

  keep(key: string, found: Found): void {
    this.#used.set(key, found)
    this.#changed = true
  }

  /** @param whole the whole project was looked at: what was not asked for is of no use any more */
  save(whole: boolean): void {
    const gone = whole && Object.keys(this.#known).length > this.#used.size
    if (!this.#changed && !gone) return
    const used = Object.fromEntries(this.#used)
    const found = whole ? used : { ...this.#known, ...used }
    writeJsonFile(this.#file, { form, engine: this.#engine, found } satisfies Kept)
  }
}

/**
 * What the findings in a step's queries depend on, beside the engine: the code that renders them (with its SQL
 * files and all that it imports, and the contracts that it refers to), args and environment, and the contracts of
 * what it reads and writes. Undefined for code that may give another query the next time.
 */
export function stepKey(step: DeclaredStep, code: CodeFact): string | undefined {
  if (code.untracked.length > 0 || step.volatile) return undefined
  const parts = step.parts ?? declaredParts(step)
  const inputs = step.inputs.map(({ handle, kind, name, origin }) => [
    handle,
    kind,
    name,
    'key' in origin ? [origin.key, origin.checks.filter((check) => check.kind === 'unique')] : null,
  ])
  return sha256(
    JSON.stringify([
      step.file,
      code.version,
      code.edges,
      parts,
      inputs,
      step.expiresAfter !== undefined,
      step.external === true,
    ]),
  )
}

/** What the findings in the conditions of a table depend on. */
export function tableKey(table: DeclaredTable): string {
  return `table ${sha256(JSON.stringify(table))}`
}
