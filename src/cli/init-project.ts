import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ProblemError } from '../base/problem.ts'
import { initFiles } from './init-files.ts'
import { sluiceVersion } from './version.ts'

export interface InitResult {
  /** Files that were written, relative to the folder. */
  readonly made: readonly string[]
  /** Files that were there and stay as they are, and what to do about them. */
  readonly kept: readonly { readonly file: string; readonly note: string }[]
}

/**
 * Makes a project in a folder. General files (package.json, README.md, ...) are left alone where they exist;
 * Sluice's own are never overwritten: a ProblemError `project/exists` names all that are there, and nothing is
 * written.
 */
export async function initProject(folder: string): Promise<InitResult> {
  const root = path.resolve(folder)
  const files = initFiles(sluiceVersion(), nameOf(root))
  const there = files.filter(({ file }) => existsSync(path.join(root, file)))
  const clashes = there.filter(({ ifThere }) => ifThere === undefined)
  if (clashes.length > 0) {
    throw new ProblemError(
      clashes.map(({ file }, at) => ({
        code: 'project/exists' as const,
        message: `${file} exists already; nothing was written`,
        // Said once, below the last.
        ...(at === clashes.length - 1 && { hint: 'choose an empty folder, such as: sluice init my-project' }),
      })),
    )
  }
  const fresh = files.filter((each) => !there.includes(each))
  for (const { file, text } of fresh) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true })
    // Never over a file that appeared meanwhile.
    await writeFile(path.join(root, file), text, { flag: 'wx' })
  }
  return {
    made: fresh.map(({ file }) => file),
    kept: there.map(({ file, ifThere = '' }) => ({ file, note: ifThere })),
  }
}

/** A package name (npm, package.json) from the name of a folder. */
function nameOf(root: string): string {
  const name = path
    .basename(root)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
  return name === '' || name === 'sluice' ? 'my-project' : name
}
