import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import type { Problem } from '../base/problem.ts'
import { nearest } from '../base/suggest.ts'
import type { GraphModule, ModuleGraph } from './closure.ts'
import type { Contracts } from './contracts.ts'
import type { ImportOf, SyntaxFault } from './module-info.ts'
import { packageName } from './packages.ts'
import { isPath } from './resolve.ts'

export function syntaxProblem(file: string, { message, line, column, text }: SyntaxFault): Problem {
  return {
    code: 'notebook/syntax',
    message: `'${file}' does not parse: ${message}`,
    where: { file, line, column },
    ...(text.trim() !== '' && { hint: `the line is: ${text.trim().slice(0, 200)}` }),
  }
}

/** The Problem of an import that leads nowhere; a dynamic one may be meant to fail and is untracked instead. */
export function unresolved(module: GraphModule, imported: ImportOf): Problem[] {
  if (imported.kind === 'dynamic' || module.target(imported).to !== 'missing') return []
  return [
    {
      code: 'notebook/import-unresolved',
      message: `'${module.file}' imports '${imported.from}', which leads nowhere`,
      where: { file: module.file, line: imported.line, column: imported.column },
      hint: hintOf(module, imported.from),
    },
  ]
}

/** Problems of what a notebook or a shared module imports from a notebook besides tables and sources. */
export function importsCode(
  module: GraphModule,
  imported: ImportOf,
  graph: ModuleGraph,
  contracts: Contracts,
): Problem[] {
  const target = module.target(imported)
  const from = target.to === 'file' ? graph.module(target.path) : undefined
  if (!from?.info.isNotebook || from === module) return []
  const code = imported.names
    .filter((binding) => !contracts.ofBinding(module, imported, binding))
    .flatMap((binding) => binding.members ?? [binding.imported])
    .filter((name) => name === '*' || contracts.exportNames(from).includes(name))
  if (imported.names.length > 0 && code.length === 0) return []
  const what =
    code.length === 0
      ? 'the module itself'
      : code.map((name) => (name === '*' ? 'everything' : `'${name}'`)).join(', ')
  return [
    {
      code: 'notebook/imports-code',
      message: `'${module.file}' imports ${what} from the notebook '${from.file}', of which only tables and sources may be imported`,
      where: { file: module.file, line: imported.line, column: imported.column },
      hint: 'move it to a module of its own that both notebooks import',
    },
  ]
}

function hintOf(module: GraphModule, from: string): string {
  const broken = brokenPackage(dirname(module.path))
  if (broken !== undefined) return broken
  const there = isPath(from)
    ? existsSync(resolve(dirname(module.path), from))
    : above(dirname(module.path), join('node_modules', packageName(from))) !== undefined
  if (there) return 'it is there: is tsconfig.json as it should be, and what it extends?'
  return isPath(from) ? nearFiles(module, from) : packageHint(from)
}

/** A package.json that does not parse hides all that is below it. */
function brokenPackage(folder: string): string | undefined {
  const file = above(folder, 'package.json')
  if (file === undefined) return undefined
  try {
    JSON.parse(readFileSync(file, 'utf8'))
    return undefined
  } catch (error) {
    if (error instanceof SyntaxError) return `${file} is not valid JSON: ${error.message}`
    throw error
  }
}

/** The nearest file of a name, upwards. */
function above(folder: string, name: string): string | undefined {
  const file = join(folder, name)
  if (existsSync(file)) return file
  const up = dirname(folder)
  return up === folder ? undefined : above(up, name)
}

function nearFiles(module: GraphModule, from: string): string {
  const wanted = resolve(dirname(module.path), from)
  const folder = dirname(wanted)
  const names = namesIn(folder)
  if (names === undefined)
    return `there is no folder '${slashed(relative(dirname(module.path), folder))}' beside it`
  const near = nearest(basename(wanted), names)
  if (near.length === 0) return `no file of a like name is in '${dirname(from)}'`
  return `did you mean ${near.map((name) => `'${dirname(from)}/${name}'`).join(' or ')}?`
}

function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

function packageHint(from: string): string {
  if (from.startsWith('#')) return "names with '#' are declared under 'imports' in package.json"
  return `run npm install; if package.json does not name it: npm install ${packageName(from)}`
}

function slashed(path: string): string {
  return path.replaceAll(sep, '/')
}
