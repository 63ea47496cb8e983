import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inOwnFolder } from '../base/own-folder.ts'
import { cacheFolder } from '../flow/project.ts'
import { errnoOf, faultOf } from '../storage/fault.ts'

/**
 * Where the engines of a project spill: in its folder of caches, on the disk of its lake. Who may only read a
 * project looks at its tables all the same: then, and where that disk is full or fails, it is a new folder among
 * the system's temporary files. Throws a Problem `storage/unavailable` where there can be none either.
 */
export function spillFolder(root: string): string {
  const folder = path.join(root, cacheFolder, 'tmp')
  try {
    inOwnFolder(root, folder, () => accessSync(folder, constants.W_OK))
    return folder
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    const own = ownFolder()
    process.once('exit', () => rmSync(own, { recursive: true, force: true }))
    return own
  }
}

function ownFolder(): string {
  try {
    return mkdtempSync(path.join(tmpdir(), 'sluice-'))
  } catch (error) {
    throw faultOf(error, tmpdir(), 'make', 'a folder for what does not fit into memory')
  }
}
