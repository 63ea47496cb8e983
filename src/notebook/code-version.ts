import { sha256 } from '../base/digest.ts'
import { orderProblems, type Problem } from '../base/problem.ts'
import { ModuleGraph, type GraphModule } from './closure.ts'
import { Contracts, type ContractRef } from './contracts.ts'
import { Cycles } from './cycles.ts'
import { deciding } from './deciding.ts'
import { fileCode, type FileCode } from './file-code.ts'
import type { StatIndex } from './stat-index.ts'
import { toolVersions } from './tools.ts'
import { allUntracked, type Untracked } from './untracked-places.ts'

/** A file that counts, relative to the project with `/`. */
export interface FileDigest {
  readonly file: string
  readonly digest: string
}

export interface CodeVersion {
  /** SHA-256 of the parts; see `codeVersion`. */
  readonly version: string
  readonly files: readonly FileDigest[]
  /** `name@version` and, where npm noted it, the integrity. */
  readonly packages: readonly string[]
  /** The tables and sources that the code declares or imports: they count by value, elsewhere. */
  readonly contracts: readonly ContractRef[]
  /** Those that the code itself refers to, beside its inputs and outputs: their values belong into the fingerprint. */
  readonly used: readonly ContractRef[]
  readonly untracked: readonly Untracked[]
  /** Digests by `file#symbol`, to tell what changed. Made when asked for. */
  readonly symbols: Readonly<Record<string, string>>
  readonly problems: readonly Problem[]
}

export interface LoadDigest {
  readonly digest: string
  /** The same of all that can decide what is declared: without the bodies of queries and of `run`. */
  readonly deciding: string
  readonly files: readonly FileDigest[]
  readonly packages: readonly string[]
  readonly untracked: readonly Untracked[]
  readonly problems: readonly Problem[]
}

/** One look at a project's code: what was read is not read again. Make a new one to look again. */
export interface CodeContext {
  readonly graph: ModuleGraph
  readonly contracts: Contracts
  readonly cycles: Cycles
  readonly codes: Map<GraphModule, FileCode>
}

export function lookAtCode(root: string, index: StatIndex): CodeContext {
  const graph = new ModuleGraph(root, index)
  return { graph, contracts: new Contracts(graph), cycles: new Cycles(graph), codes: new Map() }
}

/**
 * The code version of a notebook (or any module): the SHA-256 of, in this order,
 * 1. the format of this list and the versions of the tools, because they decide the digests below;
 * 2. the entry's path relative to the project, because the same files may hold several notebooks;
 * 3. path and digest of each module that can run, sorted: without types, comments, layout, contracts and the
 *    parts of the notebook that enter the fingerprint by value;
 * 4. path and BLAKE3 of each file that is read by `new URL('literal', import.meta.url)`, sorted;
 * 5. the ids of the packages that these modules import, sorted.
 * Paths are relative to the project, so that a copy elsewhere has the same version.
 */
export async function codeVersion(entryFile: string, context: CodeContext): Promise<CodeVersion> {
  const entry = await context.graph.load(entryFile)
  if (!entry) return { ...nowhere(entryFile), version: '', contracts: [], used: [], symbols: {} }
  const { modules, contents } = closureOf(entry, context)
  const codes = modules.map((module) => codeOf(module, context))
  const files = sorted([...codes, ...contentDigests(contents, context.graph)])
  const packages = unique(codes.flatMap((code) => code.packages))
  const held = entry.info.isNotebook ? codes.flatMap(({ heldProblems }) => heldProblems) : []
  let symbols: Readonly<Record<string, string>> | undefined
  return {
    version: digestOfParts('code', entry.file, files, packages),
    files,
    packages,
    contracts: uniqueContracts(codes.flatMap(({ contracts }) => contracts)),
    used: uniqueContracts(codes.flatMap(({ used }) => used)),
    untracked: codes.flatMap(({ untracked }) => untracked),
    get symbols() {
      return (symbols ??= symbolsOf(codes))
    },
    problems: problemsOf(entry, modules, [...codes.flatMap(({ problems }) => problems), ...held], context),
  }
}

/**
 * Says when the declarations of a module must be loaded again: the SHA-256 of the entry's path, of path and
 * content of every file behind it, contracts and all, and of the packages. Comments count here, because places
 * in messages move with them.
 */
export async function loadDigest(entryFile: string, context: CodeContext): Promise<LoadDigest> {
  const { graph } = context
  const entry = await graph.load(entryFile)
  if (!entry) return { ...nowhere(entryFile), digest: '', deciding: '' }
  const modules = graph.behind(entry)
  const parts = deciding(modules, graph)
  const contents = new Set<string>()
  const packages = new Set<string>()
  for (const module of modules) {
    for (const imported of module.info.imports) {
      const target = module.target(imported)
      if (target.to === 'package') packages.add(graph.packages.id(target.dir))
      if (target.to === 'content') contents.add(target.path)
    }
  }
  const read = [...modules].map(({ file, hash }) => ({ file, digest: hash }))
  const files = sorted([...read, ...contentDigests(contents, graph)])
  const list = [...packages].toSorted()
  return {
    digest: digestOfParts('load', entry.file, files, list),
    deciding: digestOfParts(
      'declare',
      entry.file,
      sorted([...parts.files, ...contentDigests(parts.contents, graph)]),
      [...parts.packages].toSorted(),
    ),
    files,
    packages: list,
    untracked: [...modules].flatMap((module) => allUntracked(module, graph)),
    get problems() {
      const found = [...modules].flatMap((module) => codeOf(module, context).problems)
      return problemsOf(entry, [...modules], found, context)
    },
  }
}

function codeOf(module: GraphModule, { codes, graph, contracts }: CodeContext): FileCode {
  let code = codes.get(module)
  if (!code) codes.set(module, (code = fileCode(module, graph, contracts)))
  return code
}

/** The modules that can run from an entry on, and the files that they read by URL. */
function closureOf(
  entry: GraphModule,
  context: CodeContext,
): { modules: GraphModule[]; contents: Set<string> } {
  const modules = new Set([entry])
  const contents = new Set<string>()
  for (const module of modules) {
    const code = codeOf(module, context)
    for (const path of code.contents) contents.add(path)
    for (const path of code.modules) {
      const next = context.graph.module(path)
      if (next) modules.add(next)
    }
  }
  return { modules: [...modules], contents }
}

function contentDigests(paths: Iterable<string>, graph: ModuleGraph): FileDigest[] {
  return [...paths].map((path) => ({ file: `${graph.file(path)}?content`, digest: graph.content(path) }))
}

function digestOfParts(
  what: string,
  entry: string,
  files: readonly FileDigest[],
  packages: readonly string[],
): string {
  const lines = files.map(({ file, digest }) => `${file} ${digest}`)
  return sha256(JSON.stringify([`sluice ${what} 1`, toolVersions(), entry, lines, packages]))
}

function sorted(files: readonly FileDigest[]): FileDigest[] {
  return files.map(({ file, digest }) => ({ file, digest })).toSorted((a, b) => (a.file < b.file ? -1 : 1))
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].toSorted()
}

function uniqueContracts(refs: readonly ContractRef[]): ContractRef[] {
  if (refs.length < 2) return [...refs]
  const byName = new Map(refs.map((ref) => [`${ref.file}#${ref.export}`, ref]))
  return [...byName.keys()].toSorted().flatMap((name) => byName.get(name) ?? [])
}

function symbolsOf(codes: readonly FileCode[]): Record<string, string> {
  const all = codes.flatMap(({ file, symbols }) =>
    [...symbols()].map(([name, digest]) => [`${file}#${name}`, digest]),
  )
  return Object.fromEntries(all) as Record<string, string>
}

/** What was found in the files, with the circles that they are in, each once. */
function problemsOf(
  entry: GraphModule,
  modules: readonly GraphModule[],
  found: readonly Problem[],
  { cycles }: CodeContext,
): Problem[] {
  cycles.visit(entry)
  const circles = modules.flatMap((module) => cycles.problemOf(module) ?? [])
  return orderProblems([...found, ...new Set(circles)])
}

function nowhere(file: string): Omit<LoadDigest, 'digest' | 'deciding'> {
  const problem: Problem = { code: 'notebook/not-found', message: `there is no module '${file}'` }
  return { files: [], packages: [], untracked: [], problems: [problem] }
}
