import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { cacheFolder } from '../flow/project.ts'

/**
 * Where the engines of a project spill: in its folder of caches, on the disk of its lake. Who may only read a
 * project looks at its tables all the same: then it is a new folder among the system's temporary files.
 */
export function spillFolder(root: string): string {
  const folder = path.join(root, cacheFolder, 'tmp')
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    return folder
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['EACCES', 'EPERM', 'EROFS'].includes(code)) throw error
    const own = mkdtempSync(path.join(tmpdir(), 'sluice-'))
    process.once('exit', () => rmSync(own, { recursive: true, force: true }))
    return own
  }
}
