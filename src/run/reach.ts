import { realpath } from 'node:fs/promises'
import path from 'node:path'
import type { SessionRequest } from '../engine/engine.ts'

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
