import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { segmentFault } from '../../base/names.ts'
import { ProblemError, type Problem } from '../../base/problem.ts'

/** What a command of `new` did. Files are relative to the project. */
export interface Scaffolded {
  readonly written: readonly { readonly file: string; readonly change: 'made' | 'changed' }[]
  /** What a person should look at. */
  readonly notes: readonly string[]
  /** Lines: what to do next. */
  readonly next: readonly string[]
}

/**
 * The file of a new notebook, relative to the project, from how a person calls it: `gold/daily`,
 * `notebooks/gold/daily.ts`. Throws a ProblemError when it would lie elsewhere or its name is not safe.
 */
export function notebookFile(called: string): string {
  const short = called
    .replace(/^\.\//, '')
    .replace(/^notebooks\//, '')
    .replace(/\.ts$/, '')
  const fault = short
    .split('/')
    .map(segmentFault)
    .find((each) => each !== undefined)
  if (fault === undefined) return `notebooks/${short}.ts`
  throw new ProblemError({
    code: 'project/name-invalid',
    message: `the notebook path '${called}' ${fault}`,
    hint: 'write it like gold/daily_revenue: folders and a file under notebooks/',
  })
}

/** The Problem of a file that would be overwritten, or undefined when it can be written. */
export function existsProblem(root: string, file: string, force: boolean | undefined): Problem | undefined {
  if (force || !existsSync(path.join(root, file))) return undefined
  return {
    code: 'project/exists',
    message: `${file} is there already, and nothing was written`,
    where: { file },
    hint: '--force overwrites it',
  }
}

/** Writes a new notebook; without `force` never over a file that appeared meanwhile. */
export async function writeNotebook(
  root: string,
  file: string,
  text: string,
  force: boolean | undefined,
): Promise<void> {
  const full = path.join(root, file)
  await mkdir(path.dirname(full), { recursive: true })
  await writeFile(full, text, { flag: force ? 'w' : 'wx' })
}
