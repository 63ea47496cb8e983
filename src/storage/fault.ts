import { ProblemError } from '../base/problem.ts'
import type { Problem } from '../base/problem.ts'

/** What the words of the operating system mean, and what to do about them. */
const words: { readonly [errno: string]: readonly [meaning: string, hint: string] } = {
  EACCES: ['permission denied', 'check who owns the folder and who may write to it'],
  EPERM: ['operation not permitted', 'check who owns the folder and who may write to it'],
  EROFS: ['the file system is read-only', 'mount it for writing, or give the storage another `root`'],
  ENOSPC: ['no space left on the device', 'free some space there, or give the storage another `root`'],
  EDQUOT: ['the disk quota is used up', 'free some space there, or give the storage another `root`'],
  EIO: ['the device failed', 'check the disk; what was committed before is not touched'],
  EMFILE: ['too many open files', 'raise the limit of open files (`ulimit -n`)'],
  ENFILE: ['too many open files on this machine', 'raise the limit of open files'],
  EXDEV: [
    'a part of the storage lies on another file system',
    'keep all of a storage on one file system, and mount nothing inside of it',
  ],
  ENAMETOOLONG: ['the path is too long', 'give the storage a shorter `root`, or the notebook a shorter path'],
  ENOTDIR: [
    'a part of the path is a file, not a folder',
    'remove the file that stands where a folder should be',
  ],
  EISDIR: ['it is a folder, not a file', 'remove the folder that stands where a file should be'],
  ELOOP: ['it is a symbolic link', 'put the file itself there: links are not followed'],
  ENOENT: ['it does not exist', 'something removed it: run again, or restore it from a copy'],
}

/**
 * A store that did not answer, or said that it is busy: the same call may work a moment later. Of a write it is
 * not known whether it had its effect. Drivers throw it for time-outs, broken connections, 429 and 5xx.
 */
export class PassingFault extends ProblemError {}

/** What file systems say that may be otherwise a moment later, network file systems above all. */
const passing: ReadonlySet<string> = new Set(['EAGAIN', 'EBUSY', 'EINTR', 'ESTALE', 'ETIMEDOUT'])

/** The word of the operating system, such as `ENOENT`, when an error comes from there. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('errno' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** What the operating system means by a word of its own, and what to do about it; undefined for a word that is not known. */
export function refusalOf(
  errno: string,
): { readonly errno: string; readonly meaning: string; readonly hint: string } | undefined {
  const [meaning, hint] = words[errno] ?? []
  return meaning === undefined || hint === undefined ? undefined : { errno, meaning, hint }
}

/** These say what state a machine is in, wherever they come from. */
const ofMachine = /^(EACCES|EPERM|EROFS|ENOSPC|EDQUOT|EIO|EMFILE|ENFILE|ENAMETOOLONG): .*?, (.*)$/

/**
 * What nobody expected to fail, as a Problem where the machine is to blame, by the message that Node gives such
 * errors; undefined for anything else.
 */
export function machineProblem(error: unknown): Problem | undefined {
  const [, errno = '', call = ''] = (error instanceof Error && ofMachine.exec(error.message)) || []
  const refused = refusalOf(errno)
  if (!refused) return undefined
  const message = `the operating system refused '${call.replaceAll("'", '')}': ${refused.meaning} (${errno})`
  return { code: 'storage/unavailable', message, hint: refused.hint }
}

/** What is to be thrown for an error: a Problem where the operating system refused, else the error itself. */
export function faultOf(error: unknown, place: string, doing: string, key: string): unknown {
  const errno = errnoOf(error)
  if (errno === undefined) return error
  const [meaning, hint] = words[errno] ?? [
    'the operating system refused',
    `look up ${errno} for this file system`,
  ]
  const Fault = passing.has(errno) ? PassingFault : ProblemError
  return new Fault({
    code: 'storage/unavailable',
    message: `storage at '${place}': cannot ${doing} '${key}': ${meaning} (${errno})`,
    hint,
  })
}

/** Does work on an object and tells what the operating system refuses as a Problem `storage/unavailable`. */
export async function told<T>(place: string, doing: string, key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw faultOf(error, place, doing, key)
  }
}

/** A result, or undefined where the operating system says that there is no such file. */
export async function orAbsent<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return undefined
  }
}
