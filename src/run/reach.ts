import { realpath } from 'node:fs/promises'
import path from 'node:path'
import type { DeclaredSource } from '../contract/spec.ts'
import type { SessionRequest } from '../engine/engine.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import { ownShare, type Share } from './engine-hosts.ts'

/** Whether all files of a step lie in some folders, also where links lead: an engine that is locked opens no others. */
export async function isWithinReach(
  { inputs, outputs }: SessionRequest,
  folders: readonly string[],
): Promise<boolean> {
  const files = [
    ...inputs.flatMap(({ from }) => ('files' in from ? from.files : [])),
    ...outputs.flatMap(({ folder, others = {} }) => [
      ...Object.values(others).flat(),
      ...(folder === undefined ? [] : [folder]),
    ]),
  ]
  const real = await Promise.all(folders.map(realFolder))
  const within = await Promise.all(
    files.map(async (file) => {
      const at = await realFolder(file)
      return real.some(
        (folder) => at === folder || at.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep),
      )
    }),
  )
  return within.every(Boolean)
}

/** What is not there is told by whoever reads it. */
function realFolder(folder: string): Promise<string> {
  return realpath(folder).catch(() => folder)
}

/**
 * The engines that steps will ask first, as far as it can be told before their files are known: undefined for the shared
 * one. Engines of their own are only told of steps that wait for no other. A wrong guess costs the start of a process.
 *
 * @param reach the folders in which the shared one opens files, that of the project first
 */
export function enginesOf(
  steps: readonly DeclaredStep[],
  reach: readonly string[] | undefined,
): (Share | undefined)[] {
  const found = new Map<string, Share | undefined>()
  for (const step of steps) {
    if (step.kind === 'run') continue
    const outside = step.kind === 'select' && looksOutside(step, reach)
    const share = step.kind === 'select' ? ownShare(step.limits, outside ? 'all' : undefined) : undefined
    if (share === undefined || step.inputs.every(({ kind }) => kind === 'source'))
      found.set(JSON.stringify(share ?? null), share)
  }
  return [...found.values()]
}

/** Whether a step reads files outside, by the paths of its sources; links are not followed. */
function looksOutside({ external, inputs }: DeclaredStep, reach: readonly string[] | undefined): boolean {
  if (external === true) return true
  const [root] = reach ?? []
  if (root === undefined) return false
  const sources = inputs.filter(({ kind }) => kind === 'source').map(({ origin }) => origin as DeclaredSource)
  return sources.some(({ paths }) =>
    paths.some((pattern) => path.relative(root, path.resolve(root, pattern)).startsWith('..')),
  )
}
