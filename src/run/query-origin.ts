import { readFileSync } from 'node:fs'
import path from 'node:path'
import { ProblemError, problemsOf, type Place, type Problem } from '../base/problem.ts'
import type { OriginPiece, QueryOrigin } from '../contract/render.ts'
import { withOrigin, type EngineProblem } from '../engine/analysis.ts'
import { cacheFolder } from '../flow/project.ts'
import type { GraphModule } from '../notebook/closure.ts'
import { lookAtCode, type CodeContext } from '../notebook/code-version.ts'
import { relativeTo } from '../notebook/load.ts'
import { placeAt } from '../notebook/module-info.ts'
import { openIndex } from '../notebook/open-index.ts'
import type { Stretch, Template } from '../notebook/templates.ts'
import type { TracedQuery } from './protocol.ts'
import { withQueryPlace } from './query-place.ts'

/** The source of a piece: a template in a module, or a file of SQL. */
interface Source {
  readonly file: string
  readonly text: string
  readonly template?: Template
}

interface Module {
  readonly file: string
  readonly text: string
  readonly templates: readonly Template[]
}

/** Where faults of a notebook's queries are looked for. */
export interface OriginParts {
  readonly root: string
  /** The look at the code, made when there is a fault. */
  readonly look: () => CodeContext
}

/**
 * Faults of queries at their places in the notebook, the modules that it imports, or files of SQL: the piece of the
 * query in which a fault lies is the template that has the same strings. Of templates that are alike the one that
 * stands within the template around it is taken, then the one of the output, then the first. A fault whose piece is
 * not found is placed by its text.
 */
export async function placeProblems(
  problems: readonly EngineProblem[],
  notebook: string,
  { root, look }: OriginParts,
): Promise<Problem[]> {
  let modules: Promise<readonly Module[]> | undefined
  const placed: Problem[] = []
  for (const problem of problems) {
    const { query, ...told } = problem
    const origin = query?.origin
    const where =
      origin && told.where === undefined
        ? new Origins(origin, query.handle, await (modules ??= modulesBehind(notebook, look)), root).placeOf(
            query.offset,
          )
        : undefined
    placed.push(where ? { ...told, where } : withQueryPlace(problem, notebook, root))
  }
  return placed
}

/** The same for what a step threw; any other error is as it was. `queries`: those that it rendered before. */
export async function placedError(
  error: unknown,
  notebook: string,
  root: string,
  queries: readonly TracedQuery[] = [],
): Promise<unknown> {
  const problems: readonly EngineProblem[] | undefined = problemsOf(error)
  if (!problems?.some(({ query }) => query !== undefined)) return error
  const traced = problems.map((problem) => {
    const rendered = queries.find(({ query }) => query.text === problem.query?.text)
    return withOrigin(problem, rendered?.origin)
  })
  const look = () => lookAtCode(root, openIndex(path.join(root, cacheFolder, 'code')))
  return new ProblemError(await placeProblems(traced, notebook, { root, look }))
}

/** Modules that are behind many notebooks are parsed once for a look at the code. */
const parsed = new WeakMap<GraphModule, Module>()

/** The templates of a notebook and the modules behind it, the nearest first. */
async function modulesBehind(notebook: string, look: () => CodeContext): Promise<readonly Module[]> {
  const { templatesIn } = await import('../notebook/templates.ts')
  const { graph } = look()
  const entry = await graph.load(notebook)
  const behind = entry ? [...graph.behind(entry)] : []
  const read = (module: GraphModule): Module => {
    const { path: source, file } = module
    const found = parsed.get(module) ?? { file, ...templatesIn(source, readFileSync(source, 'utf8')) }
    parsed.set(module, found)
    return found
  }
  return behind.filter(({ info }) => info.kind === 'module' && !info.fault).map(read)
}

class Origins {
  readonly #origin: QueryOrigin
  readonly #handle: string
  readonly #modules: readonly Module[]
  readonly #root: string
  readonly #sources = new Map<number, Source | undefined>()

  constructor(origin: QueryOrigin, handle: string, modules: readonly Module[], root: string) {
    this.#origin = origin
    this.#handle = handle
    this.#modules = modules
    this.#root = root
  }

  /** The place of an index of the rendered text. */
  placeOf(offset: number): Place | undefined {
    const stretch = this.#origin.stretches.findLast(({ at }) => at <= offset)
    if (!stretch) return undefined
    const { piece, kind, index, at } = stretch
    return kind === 'string' ? this.#inString(piece, index, offset - at) : this.#atValue(piece, index)
  }

  #inString(piece: number, index: number, offset: number): Place | undefined {
    const source = this.#source(piece)
    const { within, from } = this.#origin.pieces[piece] ?? {}
    if (!source) return within && this.#atValue(...within)
    const string = source.template?.strings[index]
    const at = string ? string.start + (string.at[offset] ?? 0) : (from?.offsets[index] ?? 0) + offset
    return place(source, at)
  }

  /** Where the `${...}` of a value begins: inside of what was rendered there is no place. */
  #atValue(piece: number, index: number): Place | undefined {
    const source = this.#source(piece)
    const { within, from, strings } = this.#origin.pieces[piece] ?? {}
    if (!source) return within && this.#atValue(...within)
    const value = source.template?.values[index]
    return place(source, value ? value.start : (from?.offsets[index] ?? 0) + (strings?.[index]?.length ?? 0))
  }

  #source(piece: number): Source | undefined {
    if (!this.#sources.has(piece)) this.#sources.set(piece, this.#find(piece))
    return this.#sources.get(piece)
  }

  #find(piece: number): Source | undefined {
    const own = this.#origin.pieces[piece]
    if (!own) return undefined
    if (own.from) {
      const { file } = own.from
      return { file: relativeTo(this.#root, file), text: readFileSync(file, 'utf8') }
    }
    const around = own.within && this.#around(own.within)
    const found = this.#modules.flatMap((module) =>
      module.templates
        .filter((template) => isSame(template, own))
        .map((template) => ({ file: module.file, text: module.text, template })),
    )
    const inside = found.find(
      ({ file, template }) =>
        around?.file === file && around.start <= template.start && template.end <= around.end,
    )
    const ofOutput = ({ template: { keys } }: { template: Template }) =>
      keys.some((key, at) => key === 'select' && keys[at + 1] === this.#handle)
    return inside ?? found.find(ofOutput) ?? found[0]
  }

  /** The stretch of the source in which a value is written: of the nearest piece around it that has a source. */
  #around([piece, value]: readonly [number, number]): (Stretch & { file: string }) | undefined {
    const source = this.#source(piece)
    const { within } = this.#origin.pieces[piece] ?? {}
    if (!source) return within && this.#around(within)
    const stretch = source.template?.values[value]
    return stretch && { ...stretch, file: source.file }
  }
}

function isSame({ strings }: Template, piece: OriginPiece): boolean {
  return (
    strings.length === piece.strings.length && strings.every(({ text }, at) => text === piece.strings[at])
  )
}

function place({ file, text }: Source, offset: number): Place {
  return { file, ...placeAt(text, offset) }
}
