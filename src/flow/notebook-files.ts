import type { DeclaredFlow } from './declared.ts'

/** The files of the notebooks of a flow, each once. A delivery has no code. */
export function notebookFiles({ steps }: Pick<DeclaredFlow, 'steps'>): string[] {
  return [...new Set(steps.flatMap(({ kind, file }) => (kind === 'deliver' ? [] : [file])))]
}
