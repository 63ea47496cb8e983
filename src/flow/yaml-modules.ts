import { existsSync } from 'node:fs'
import path from 'node:path'
import { ProblemError, type Place, type Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { AnyInput } from '../contract/input.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import { notebookName, withinProject } from './place.ts'
import { listNotebooks } from './project.ts'
import type { ParsedFlow } from './yaml.ts'

type Module = Readonly<Record<string, unknown>>

/** How a YAML flow reaches the modules of its project. */
export interface YamlLoading {
  /** Absolute. */
  readonly root: string
  /** Loads a module by its path relative to the project. Throws a ProblemError. */
  readonly load: (file: string) => Promise<Module>
  /** Parses another YAML flow by its path relative to the project. Throws a ProblemError. */
  readonly readYaml: (file: string) => Promise<ParsedFlow>
  /** Is told files that are not there, and would have been taken. */
  readonly absent?: (file: string) => void
}

/** The notebook of a name, path under `notebooks/` or file. Throws a ProblemError. */
export async function loadNotebook(name: string, where: Place, loading: YamlLoading): Promise<AnyNotebook> {
  const file = findFile(loading, [name, `notebooks/${name}`, `notebooks/${name}.ts`, `notebooks/${name}.mts`])
  if (file === undefined) {
    const hint = didYouMean(notebookName(name), listNotebooks(loading.root).map(notebookName))
    throw problem('notebook/not-found', `there is no notebook '${name}'`, where, hint)
  }
  const exported = (await loading.load(file))['default']
  if (isKind(exported, 'notebook')) return exported as unknown as AnyNotebook
  throw problem('notebook/no-export', `${file} has no notebook as its default export`, where)
}

/** `module#export`: a table or a source. Throws a ProblemError. */
export async function readReference(text: string, where: Place, loading: YamlLoading): Promise<AnyInput> {
  const [name = '', exportName = ''] = text.split('#')
  const file = findFile(loading, [name, `${name}.ts`, `notebooks/${name}`, `notebooks/${name}.ts`])
  if (file === undefined) {
    const hint = didYouMean(name, listNotebooks(loading.root))
    throw problem('notebook/not-found', `there is no module '${name}'`, where, hint)
  }
  const module = await loading.load(file)
  const exported = Object.hasOwn(module, exportName) ? module[exportName] : undefined
  if (isKind(exported, 'table') || isKind(exported, 'source')) return exported as unknown as AnyInput
  const inputs = Object.keys(module).filter(
    (key) => isKind(module[key], 'table') || isKind(module[key], 'source'),
  )
  throw problem(
    'flow/invalid',
    `${file} exports no table or source '${exportName}'`,
    where,
    didYouMean(exportName, inputs),
  )
}

/** The first path that is a file of the project. */
export function findFile(
  { root, absent }: Pick<YamlLoading, 'root' | 'absent'>,
  candidates: readonly string[],
): string | undefined {
  for (const candidate of candidates) {
    const file = withinProject(root, candidate)
    if (file === undefined || !/\.[a-z]+$/.test(file)) continue
    if (existsSync(path.join(root, file))) return file
    absent?.(file)
  }
  return undefined
}

/** Whether something that a module exports was made by `notebook`, `flow`, `table` or `source`. */
export function isKind(value: unknown, kind: string): value is { readonly kind: string } {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind
}

/** One Problem, to be thrown. */
export function problem(code: Problem['code'], message: string, where: Place, hint?: string): ProblemError {
  return new ProblemError({ code, message, where, ...(hint !== undefined && { hint }) })
}
