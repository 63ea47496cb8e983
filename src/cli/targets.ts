import { nearest } from '../base/suggest.ts'
import type { ProjectFlags } from './options.ts'

/**
 * Whether the one target of a run is a notebook or a step rather than a flow. A name that is neither and looks
 * like that of a flow is left to the run of flows, which then names the flow that is near.
 */
export async function isOneNotebook(targets: readonly string[], flags: ProjectFlags): Promise<boolean> {
  const [target, ...others] = targets
  if (target === undefined || others.length > 0) return false
  const { findProject, listNotebooks } = await import('../flow/project.ts')
  const { notebookName } = await import('../flow/place.ts')
  const { root, flows } = await findProject(flags.project)
  const wanted = target.replace(/^\.\//, '')
  if (flows.some(({ name, file }) => name === wanted || file === wanted)) return false
  if (listNotebooks(root).some((file) => file === wanted || notebookName(file) === wanted)) return true
  return (
    nearest(
      wanted,
      flows.map(({ name }) => name),
    ).length === 0
  )
}
