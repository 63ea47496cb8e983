import { closeSync, constants, existsSync, mkdirSync, openSync, readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'

/** Linux shows an open folder as a path (proc_pid_fd(5)), which does what openat(2) does; Node has no call for that. */
const openFolders = '/proc/self/fd'
const canHold = existsSync(openFolders)

/**
 * Does work in a folder below a root, made when there is none, by the path that `work` is given: it stays in
 * that folder, whatever takes its name meanwhile. Throws an error with the errno ELOOP where a link leads out
 * of the root.
 */
export function inOwnFolder<T>(root: string, folder: string, work: (held: string) => T): T {
  if (!existsSync(folder)) make(root, folder)
  if (!canHold) {
    refuseOutside(root, folder, realpathSync.native(folder))
    return work(folder)
  }
  const handle = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const held = `${openFolders}/${handle}`
    refuseOutside(root, folder, readlinkSync(held))
    return work(held)
  } finally {
    closeSync(handle)
  }
}

/** Another process may make it at the same time. */
function make(root: string, folder: string): void {
  if (folder.length <= root.length) {
    mkdirSync(folder, { recursive: true })
    return
  }
  inOwnFolder(root, dirname(folder), (held) => {
    try {
      mkdirSync(join(held, basename(folder)))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  })
}

function refuseOutside(root: string, folder: string, real: string): void {
  const own = realpathSync.native(root)
  if (real === own || real.startsWith(own.endsWith(sep) ? own : own + sep)) return
  const error = new Error(`ELOOP: a symbolic link leads out of '${root}', open '${folder}'`)
  throw Object.assign(error, { code: 'ELOOP', errno: -40, syscall: 'open', path: folder })
}
