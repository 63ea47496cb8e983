import { readFileSync } from 'node:fs'
import path from 'node:path'
import { sha256, digestOf } from '../base/digest.ts'
import { readJsonFile, writeJsonFile } from '../base/json-file.ts'
import { orderProblems, ProblemError, type Problem } from '../base/problem.ts'
import type { DeclaredFlow } from '../flow/declared.ts'
import { cacheFolder } from '../flow/project.ts'
import { codeVersion, loadDigest, lookAtCode, type CodeContext } from '../notebook/code-version.ts'
import { codeProblems, edgeName, type EdgeDigests } from './code-facts.ts'
import type { Pool } from './pool.ts'
import type { Described } from './protocol.ts'
import type { Workspace } from './workspace.ts'

/** The form of the cached declarations: another form counts as none. */
const form = 1

/** A flow as it is declared now, with digests of the contracts that its code refers to. */
export interface Declaration {
  readonly flow: DeclaredFlow
  readonly edges: EdgeDigests
  /** Nothing was loaded for it. */
  readonly cached: boolean
}

interface Cached extends Declaration {
  readonly form: number
  /** Load digests of the modules, and hashes of other files and variables, that this came from. */
  readonly modules: { readonly [file: string]: string }
  readonly files: { readonly [file: string]: string }
  readonly variables: { readonly [name: string]: string }
}

/**
 * What a flow (or a notebook that stands alone) declares. From the cache when nothing that it was made from
 * changed: then no code of the user's is loaded and no process started. Throws a ProblemError with everything
 * that is wrong, found without running a notebook.
 *
 * @param file relative to the project
 * @param overrides args from the command line, as text
 */
export async function declareFlow(
  workspace: Workspace,
  file: string,
  overrides: { readonly [name: string]: string },
  pool: () => Pool,
): Promise<Declaration> {
  const context = lookAtCode(workspace.root, workspace.index)
  const cache = path.join(workspace.root, cacheFolder, 'declared', `${sha256(digestOf({ file, overrides })).slice(0, 24)}.json`)
  const known = readJsonFile<Cached>(cache)
  if (known?.form === form && (await holds(known, workspace.root, context))) return known
  const { declaration, described } = await load(workspace, file, overrides, pool, context)
  const made = await cacheable(declaration, described, workspace.root, context)
  if (made) writeJsonFile(cache, made)
  return declaration
}

async function holds(known: Cached, root: string, context: CodeContext): Promise<boolean> {
  for (const [name, hash] of Object.entries(known.variables)) if (variableHash(name) !== hash) return false
  for (const [file, hash] of Object.entries(known.files)) if (fileHash(root, file) !== hash) return false
  for (const [file, digest] of Object.entries(known.modules)) {
    if ((await loadDigest(file, context)).digest !== digest) return false
  }
  return true
}

async function load(
  workspace: Workspace,
  file: string,
  overrides: { readonly [name: string]: string },
  pool: () => Pool,
  context: CodeContext,
): Promise<{ declaration: Declaration; described: Described }> {
  // Mistakes that can be seen without loading are told all at once; loading would stop at the first.
  const before = /\.ya?ml$/.test(file) ? [] : (await loadDigest(file, context)).problems
  if (before.length > 0) throw new ProblemError(before)
  const printed: string[] = []
  const described = await pool().withWorker((worker) =>
    worker.call('describe', { projectRoot: workspace.root, file, overrides }, { printed: (_, text) => printed.push(text) }),
  )
  if (!described.flow) throw new ProblemError(described.problems)
  const { flow } = described
  const problems: Problem[] = [...described.problems, ...(await codeProblems(context, flow.steps.map((step) => step.file)))]
  if (problems.length > 0) throw new ProblemError(orderProblems(problems))
  return { declaration: { flow, edges: await edgeDigests(workspace, flow, pool, context), cached: false }, described }
}

/** Digests of the contracts that the code of a flow's notebooks refers to; a worker loads them. */
export async function edgeDigests(workspace: Workspace, flow: DeclaredFlow, pool: () => Pool, context: CodeContext): Promise<EdgeDigests> {
  const used = new Map<string, { file: string; export: string }>()
  for (const { file } of flow.steps) {
    for (const ref of (await codeVersion(file, context)).used) used.set(edgeName(ref), { file: ref.file, export: ref.export })
  }
  if (used.size === 0) return {}
  const ask = { projectRoot: workspace.root, edges: [...used.values()] }
  return (await pool().withWorker((worker) => worker.call('contracts', ask))).digests
}

/** The cache entry, or undefined where what was loaded depends on more than its files: time, files, variables. */
async function cacheable(declaration: Declaration, described: Described, root: string, context: CodeContext): Promise<Cached | undefined> {
  const modules: Record<string, string> = {}
  for (const file of described.modules) {
    const { digest, untracked } = await loadDigest(file, context)
    if (untracked.length > 0) return undefined
    modules[file] = digest
  }
  const files = Object.fromEntries(described.files.map((file) => [file, fileHash(root, file)]))
  const variables = Object.fromEntries(described.variables.map((name) => [name, variableHash(name)]))
  return { form, ...declaration, cached: true, modules, files, variables }
}

function fileHash(root: string, file: string): string {
  try {
    return sha256(readFileSync(path.join(root, file)))
  } catch {
    // A file that is gone is a change like any other: loading tells what is wrong.
    return 'absent'
  }
}

/** Values are kept as digests: they may be private. */
function variableHash(name: string): string {
  const value = process.env[name]
  return value === undefined ? 'unset' : sha256(value)
}
