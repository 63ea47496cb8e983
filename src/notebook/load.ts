import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { ProblemError, problemsOf, type Place } from '../base/problem.ts'
import { placeInStack } from '../base/site.ts'
import { realPath } from './leads.ts'
import type { PlainEntry, PlainGraph } from './plain-graph.ts'

type Module = Readonly<Record<string, unknown>>

let registered: Promise<unknown> | undefined
let plain: Promise<typeof import('./plain-graph.ts')> | undefined
const graphs = new Map<string, PlainGraph>()

/**
 * Loads a module of the user's, TypeScript or JavaScript: by Node alone where that does the same, else by tsx.
 *
 * @param file absolute path
 * @param root the project's folder; places in Problems are relative to it
 */
export async function loadModule(file: string, root: string): Promise<Module> {
  const entry = await readPlain(file, root)
  if (!entry) return loadByTsx(file, root)
  process.setSourceMapsEnabled(true)
  try {
    return (await import(pathToFileURL(entry.file).href)) as Module
  } catch (error) {
    // What Node says of a link names the written files: tsx names the user's.
    if (isLinkFault(error)) return loadByTsx(file, root)
    throw loadProblem(error, file, root)
  }
}

/** Reads a module and all behind it so that Node alone can load them; undefined where tsx is needed. */
export async function readPlain(file: string, root: string): Promise<PlainEntry | undefined> {
  const real = realPath(root)
  if (real === null) return undefined
  const { PlainGraph } = await (plain ??= import('./plain-graph.ts'))
  const graph = graphs.get(real) ?? new PlainGraph(real)
  graphs.set(real, graph)
  return graph.entry(file)
}

/** Lets what is loaded next be read again: what changed is another module then. */
export function readAnew(): void {
  graphs.clear()
}

/** Loads a module by tsx, which is registered once in a process: each further world loads every package again. */
export async function loadByTsx(file: string, root: string): Promise<Module> {
  registered ??= import('tsx/esm/api').then(({ register }) => register())
  await registered
  try {
    return (await import(pathToFileURL(file).href)) as Module
  } catch (error) {
    throw loadProblem(error, file, root)
  }
}

const linkCodes: ReadonlySet<unknown> = new Set([
  'ERR_MODULE_NOT_FOUND',
  'ERR_PACKAGE_PATH_NOT_EXPORTED',
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_DIR_IMPORT',
])

/** Whether Node says it of modules before it runs any of them. */
function isLinkFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && linkCodes.has(error.code)) return true
  return (
    error instanceof SyntaxError &&
    /does not provide an export|Named export|conflicting star/.test(error.message)
  )
}

function loadProblem(error: unknown, file: string, root: string): ProblemError {
  const name = relativeTo(root, file)
  const known = problemsOf(error)
  if (known !== undefined)
    return new ProblemError(known.map((problem) => ({ ...problem, where: within(root, problem.where) })))
  const cause = error instanceof Error ? error : new Error(String(error))
  const missing = missingExport.exec(cause.message)
  if (missing?.[1] !== undefined && missing[2] !== undefined) return noExport(name, missing[1], missing[2])
  const place = within(root, placeInStack(`\n${cause.stack ?? ''}`)) ?? { file: name }
  if (notAModule.test(cause.message)) {
    return new ProblemError({
      code: 'notebook/load',
      message: `${name} was taken for CommonJS, and Sluice loads modules`,
      where: { file: name },
      hint: 'put "type": "module" into the package.json of the project',
    })
  }
  const syntax = cause.name === 'SyntaxError' || cause.name === 'TransformError'
  return new ProblemError({
    code: syntax ? 'notebook/syntax' : 'notebook/load',
    message: syntax
      ? `${name} does not parse: ${cause.message}`
      : `${name} threw while it was loaded: ${cause.message}`,
    where: place,
  })
}

const missingExport = /requested module '(.+?)' does not provide an export named '(.+?)'/
const notAModule = /Cannot require\(\) ES Module|"cjs" output format/

/** Node says this of a link between modules before any of them runs. */
function noExport(file: string, from: string, exported: string): ProblemError {
  const notebook = exported === 'default' && /notebooks\//.test(from)
  return new ProblemError({
    code: notebook ? 'notebook/no-export' : 'notebook/import-unresolved',
    message: notebook
      ? `${from}, which ${file} reads, has no notebook as its default export`
      : `${from} has no export '${exported}', which is imported on the way from ${file}`,
    where: { file },
    hint: notebook ? 'a notebook module says `export default notebook({ ... })`' : undefined,
  })
}

/** A path as messages show it: relative to the project when it lies within, with `/`. */
export function relativeTo(root: string, file: string): string {
  if (!path.isAbsolute(file)) return file
  const relative = path.relative(root, file)
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative.split(path.sep).join('/')
}

function within(root: string, place: Place | undefined): Place | undefined {
  return place && { ...place, file: path.isAbsolute(place.file) ? relativeTo(root, place.file) : place.file }
}
