import { readFileSync } from 'node:fs'
import path from 'node:path'
import { digestOf, sha256 } from '../base/digest.ts'
import { readJsonFile, writeJsonFile } from '../base/json-file.ts'
import type { DeclaredFlow } from '../flow/declared.ts'
import { notebookFiles } from '../flow/notebook-files.ts'
import { packFlow, unpackFlow, type PackedFlow } from '../flow/packed.ts'
import { cacheFolder } from '../flow/project.ts'
import { codeVersion, loadDigest, type CodeContext, type LoadDigest } from '../notebook/code-version.ts'
import { realPath } from '../notebook/leads.ts'
import { statKey } from '../notebook/stat-index.ts'
import { toolVersions } from '../notebook/tools.ts'
import { edgeName, type CodeOf, type EdgeDigests, type KeptCode } from './code-facts.ts'
import { absentFile, type Described } from './protocol.ts'
import type { CodeSpace } from './workspace.ts'

/** The form of the cached declarations: another form counts as none. */
export const form = 9

/** What declarations were made from. */
export interface Origins {
  /** Digests of the modules with all behind them. */
  readonly modules: { readonly [file: string]: Pick<LoadDigest, 'digest' | 'deciding'> }
  /** Hashes of other files, such as YAML flows. */
  readonly files: { readonly [file: string]: string }
  /** Digests of the values of variables of the environment. */
  readonly variables: { readonly [name: string]: string }
}

/** Stands before a stat that tells nothing as long as it is the same. */
export const unsure = 'unsure'

/** The code of all notebooks of a flow, and the stats of all files that it was read from, or that were not there. */
export interface Look {
  readonly root: string
  readonly tools: string
  readonly stats: readonly (readonly [path: string, key: string | null])[]
  /** Where names led that a stat of the file behind them does not tell: links, and folders of packages. */
  readonly leads: readonly (readonly [path: string, real: string | null])[]
  readonly codes: { readonly [file: string]: KeptCode }
}

/** Declarations as they are kept in `.sluice/declared/`. */
export interface Cached extends Origins {
  readonly form: number
  readonly flow: DeclaredFlow
  readonly edges: EdgeDigests
  readonly look?: Look
  /** The tables were found to have no other owner. */
  readonly owned?: boolean
}

export function cacheFile(
  workspace: CodeSpace,
  file: string,
  overrides: { readonly [name: string]: string },
): string {
  const name = sha256(digestOf({ file, overrides })).slice(0, 24)
  return path.join(workspace.root, cacheFolder, 'declared', `${name}.json`)
}

export function readCache(file: string): Cached | undefined {
  const known = readJsonFile<Omit<Cached, 'flow'> & { readonly flow: PackedFlow }>(file)
  return known?.form === form ? { ...known, flow: unpackFlow(known.flow) } : undefined
}

export function writeCache(file: string, cached: Cached): void {
  writeJsonFile(file, { ...cached, flow: packFlow(cached.flow) })
}

/**
 * Whether every file that the declarations and the code came from has the stat that it had: then nothing of it
 * is read. This is what a run with nothing to do pays for its code: one stat a file. `unsure` when only files are in
 * question whose stats tell nothing yet.
 */
export function stillness(
  known: Origins & { readonly look?: Look },
  root: string,
): 'at rest' | 'unsure' | 'changed' {
  const { look } = known
  if (look?.root !== root || look.tools !== toolVersions() || !sameValues(known, root)) return 'changed'
  let found: 'at rest' | 'unsure' = 'at rest'
  for (const [file, key] of look.stats) {
    const now = statKey(file)
    if (now === key) continue
    if (key !== `${unsure} ${now}`) return 'changed'
    found = 'unsure'
  }
  return look.leads.every(([file, real]) => realPath(file) === real) ? found : 'changed'
}

/**
 * Whether all that can decide what is declared is the same, whatever the stats say. The bodies of queries may have
 * changed. Where they are wrong, or refer to contracts whose values are not known, all is loaded again.
 *
 * @param changed the notebooks behind which something may have changed
 */
export async function holds(
  known: Cached,
  root: string,
  context: CodeContext,
  changed: ReadonlySet<string>,
): Promise<boolean> {
  if (!sameValues(known, root)) return false
  let same = true
  for (const [file, before] of Object.entries(known.modules)) {
    const { digest, deciding, untracked } = await loadDigest(file, context)
    if (digest === before.digest) continue
    if (deciding !== before.deciding || untracked.length > 0) return false
    same = false
  }
  return same || codeHolds(known, context, changed)
}

async function codeHolds(
  { edges }: Cached,
  context: CodeContext,
  changed: ReadonlySet<string>,
): Promise<boolean> {
  for (const file of changed) {
    const { problems, used } = await codeVersion(file, context)
    if (problems.length > 0 || used.some((ref) => edges[edgeName(ref)] === undefined)) return false
  }
  return true
}

/**
 * The notebooks of a flow whose code may be another than it was: those that import what has another stat, directly
 * or not. All of them where something else changed, such as a package.
 */
export async function changedNotebooks(
  { flow, modules, look }: Cached,
  root: string,
  { graph }: CodeContext,
): Promise<ReadonlySet<string>> {
  const all = new Set(notebookFiles(flow))
  const still = look?.root === root && look.tools === toolVersions()
  if (!still || !look.leads.every(([file, real]) => realPath(file) === real)) return all
  for (const file of Object.keys(modules)) await graph.load(file)
  const changed = look.stats.flatMap(([file, key]) => (statKey(file) === key ? [] : [file]))
  const touched = changed.flatMap((file) => graph.module(file) ?? [])
  if (touched.length < changed.length) return all
  const files = new Set([...graph.importers(touched)].map(({ file }) => file))
  return new Set([...all].filter((file) => files.has(file) || look.codes[file] === undefined))
}

function sameValues(known: Origins, root: string): boolean {
  const variables = Object.entries(known.variables).every(([name, hash]) => variableHash(name) === hash)
  return variables && Object.entries(known.files).every(([file, hash]) => fileHash(root, file) === hash)
}

/**
 * What there is to remember of the code. A file that is so new that a later edit could leave its stat as it is
 * has no stat that could be the same.
 */
export async function lookOf(
  workspace: CodeSpace,
  flow: DeclaredFlow,
  codeOf: CodeOf,
  { graph }: CodeContext,
): Promise<Look> {
  const codes: Record<string, KeptCode> = {}
  for (const file of notebookFiles(flow)) {
    const { version, untracked, edges } = await codeOf({ file })
    codes[file] = { version, untracked, edges }
  }
  const seen = workspace.codeIndex().seen()
  return {
    root: workspace.root,
    tools: toolVersions(),
    stats: seen.map(({ path: file, key, racy }) => [file, racy ? `${unsure} ${key}` : key]),
    leads: graph.leads(),
    codes,
  }
}

/** What was loaded came from this; undefined where it depends on more than files: on time, or on the machine. */
export async function origins(described: Described, context: CodeContext): Promise<Origins | undefined> {
  const modules: Record<string, Origins['modules'][string]> = {}
  for (const file of described.modules) {
    const { digest, deciding, untracked } = await loadDigest(file, context)
    if (untracked.length > 0) return undefined
    modules[file] = { digest, deciding }
  }
  const variables = Object.fromEntries(described.variables.map((name) => [name, variableHash(name)]))
  return { modules, files: described.files, variables }
}

function fileHash(root: string, file: string): string {
  try {
    return sha256(readFileSync(path.join(root, file)))
  } catch {
    // A file that is gone is a change like any other: loading tells what is wrong.
    return absentFile
  }
}

/** Values are kept as digests: they may be private. */
function variableHash(name: string): string {
  const value = process.env[name]
  return value === undefined ? 'unset' : sha256(value)
}
