import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ProblemError, type Problem } from '../../base/problem.ts'

/** A file as it was when it was read, and as it is to be. */
export interface Change {
  /** Relative to the project. */
  readonly file: string
  readonly before: string
  readonly after: string
}

/**
 * Writes all files or none: each beside its target, then all renamed; when one cannot be, those before are put back.
 *
 * @throws ProblemError `rename/write`, when a file cannot be written or has changed meanwhile
 */
export async function writeAll(root: string, changes: readonly Change[]): Promise<void> {
  const id = randomUUID().slice(0, 8)
  const staged = changes.map((change) => {
    const target = path.join(root, change.file)
    return { ...change, target, beside: `${target}.${id}.tmp` }
  })
  const done: typeof staged = []
  try {
    await refuse(staged)
    for (const { after, target, beside } of staged)
      await writeFile(beside, after, { flag: 'wx', mode: (await stat(target)).mode })
    for (const each of staged) {
      await rename(each.beside, each.target)
      done.push(each)
    }
  } catch (error) {
    for (const { target, before } of done) await writeFile(target, before)
    for (const { beside } of staged) await rm(beside, { force: true })
    throw systemProblem(error) ?? error
  }
}

/** Files that are read-only, though their folder is not, and files that an editor has saved meanwhile. */
async function refuse(staged: readonly (Change & { readonly target: string })[]): Promise<void> {
  const problems: Problem[] = []
  for (const { file, target, before } of staged) {
    const where = { file }
    const isOpen = await access(target, constants.W_OK).then(
      () => ((process.getuid?.() ?? 1) === 0 ? isWritable(target) : true),
      () => false,
    )
    if (!isOpen) {
      problems.push({ code: 'rename/write', message: `${file} is read-only; nothing was changed`, where })
    } else if ((await readFile(target, 'utf8')) !== before) {
      const message = `${file} was changed meanwhile; nothing was changed here`
      problems.push({ code: 'rename/write', message, where, hint: 'run it again' })
    }
  }
  if (problems.length > 0) throw new ProblemError(problems)
}

/** The system lets root write everywhere; what is marked read-only is meant to stay all the same. */
async function isWritable(target: string): Promise<boolean> {
  return ((await stat(target)).mode & 0o222) !== 0
}

function systemProblem(error: unknown): ProblemError | undefined {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined
  return new ProblemError({ code: 'rename/write', message: `${error.message}; nothing was changed` })
}
