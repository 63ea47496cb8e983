import { ProblemError } from '../base/problem.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import { loadModule, relativeTo } from '../notebook/load.ts'
import type { NotebookAt } from './protocol.ts'

/** The notebook that a module exports as its default. Throws a ProblemError when it has none. */
export async function notebookIn({ file, projectRoot }: NotebookAt): Promise<AnyNotebook> {
  const module = await loadModule(file, projectRoot)
  const found = module['default']
  if (isNotebook(found)) return found
  throw new ProblemError({
    code: 'notebook/no-export',
    message: `${relativeTo(projectRoot, file)} has no notebook as its default export`,
    where: { file: relativeTo(projectRoot, file) },
    hint: 'a notebook module says `export default notebook({ ... })`',
  })
}

export function isNotebook(value: unknown): value is AnyNotebook {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'notebook'
}
