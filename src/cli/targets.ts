import { existsSync } from 'node:fs'
import path from 'node:path'
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
  const { notebooksCalled } = await import('../flow/place.ts')
  const { root, flows } = await findProject(flags.project)
  const wanted = target.replace(/^\.\//, '')
  if (wanted.startsWith('flows/') || flows.some(({ name }) => name === wanted)) return false
  if (notebooksCalled(wanted, listNotebooks(root)).length > 0) return true
  return (
    nearest(
      wanted,
      flows.map(({ name }) => name),
    ).length === 0
  )
}

/** The name of a notebook that may be named by the end of it; a name that is none is left as it is. */
export async function notebookHere(target: string, flags: ProjectFlags): Promise<string> {
  const { findProject, listNotebooks } = await import('../flow/project.ts')
  const { notebookName, notebooksCalled } = await import('../flow/place.ts')
  const { root } = await findProject(flags.project)
  const [file, ...others] = notebooksCalled(target, listNotebooks(root))
  return file === undefined || others.length > 0 ? target : notebookName(file)
}

/** Targets with the files among them as the project knows them: a shell completes them from where one stands. */
export async function targetsHere(
  targets: readonly string[],
  flags: ProjectFlags,
): Promise<readonly string[]> {
  if (!targets.some(isFile)) return targets
  const { findProject } = await import('../flow/project.ts')
  const { withinProject } = await import('../flow/place.ts')
  const { root } = await findProject(flags.project)
  return targets.map((target) =>
    isFile(target) ? (withinProject(root, path.resolve(target)) ?? target) : target,
  )
}

function isFile(target: string): boolean {
  return /\.(m?ts|ya?ml)$/.test(target) && existsSync(target)
}
