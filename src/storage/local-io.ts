import type { BigIntStats, Dirent } from 'node:fs'
import { existsSync } from 'node:fs'
import {
  constants,
  lstat,
  link,
  mkdir,
  open,
  readFile,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  unlink,
} from 'node:fs/promises'

/**
 * The calls to the file system that the local storage makes, each of them one step that can fail or after
 * which the machine can stop. They fail as `node:fs` does, with an errno word.
 */
export interface StorageIo {
  /** Holds a folder that is there, also through links, until it is closed. */
  hold(folder: string): Promise<HeldFolder>
  /** Creates a file that must not exist. */
  create(path: string): Promise<NewFile>
  /** The bytes of a file; a symbolic link is refused with ELOOP. */
  readFile(path: string): Promise<Uint8Array>
  /** Flushes a file's bytes to the device; a symbolic link is refused with ELOOP. */
  syncFile(path: string): Promise<void>
  /** Flushes a folder's entries to the device. */
  syncFolder(path: string): Promise<void>
  link(from: string, to: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  mkdir(path: string): Promise<void>
  rmdir(path: string): Promise<void>
  /** Removes a folder with all that is in it; links are removed, not followed. */
  removeFolder(path: string): Promise<void>
  lstat(path: string): Promise<BigIntStats>
  realpath(path: string): Promise<string>
  readdir(path: string): Promise<Dirent[]>
}

export interface HeldFolder {
  /** A path that leads to this very folder, whatever is done to its name. */
  readonly path: string
  /** Where it is, without links. */
  readonly real: string
  close(): Promise<void>
}

export interface NewFile {
  write(bytes: Uint8Array): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

/** Windows has no such flag; there a link needs special rights to be made at all. */
const noFollow = constants.O_NOFOLLOW ?? 0
/** NTFS journals its folders and has no call to flush one. */
const canSyncFolders = process.platform !== 'win32'

/** Linux shows an open folder as a path (proc_pid_fd(5)), which does what openat(2) does; Node has no call for that. */
const openFolders = '/proc/self/fd'
const canHold = existsSync(openFolders)

/** The real file system. */
export const nodeIo: StorageIo = {
  hold: async (folder) => {
    if (!canHold) return { path: folder, real: await realpath(folder), close: async () => undefined }
    const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      const path = `${openFolders}/${handle.fd}`
      return { path, real: await readlink(path), close: () => handle.close() }
    } catch (error) {
      await handle.close()
      throw error
    }
  },
  create: async (path) => {
    const file = await open(path, 'wx')
    return { write: (bytes) => file.writeFile(bytes), sync: () => file.sync(), close: () => file.close() }
  },
  readFile: (path) => readFile(path, { flag: constants.O_RDONLY | noFollow }),
  // Windows flushes only what is open for writing.
  syncFile: (path) => synced(path, constants.O_RDWR | noFollow),
  syncFolder: async (path) => {
    if (canSyncFolders) await synced(path, constants.O_RDONLY)
  },
  link,
  rename,
  unlink,
  mkdir: async (path) => {
    await mkdir(path)
  },
  rmdir: (path) => rmdir(path),
  removeFolder: (path) => rm(path, { recursive: true, force: true }),
  lstat: (path) => lstat(path, { bigint: true }),
  realpath: (path) => realpath(path),
  readdir: (path) => readdir(path, { withFileTypes: true }),
}

async function synced(path: string, flags: number): Promise<void> {
  const file = await open(path, flags)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
