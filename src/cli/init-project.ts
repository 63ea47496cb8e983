import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
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
  const manifest = there.some(({ file }) => file === 'package.json') ? await readPackage(root) : undefined
  const fresh = files.filter((each) => !there.includes(each))
  for (const { file, text } of fresh) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true })
    // Never over a file that appeared meanwhile.
    await writeFile(path.join(root, file), text, { flag: 'wx' })
  }
  const packageNote = manifest ? await completePackage(root, manifest, files) : ''
  return {
    made: fresh.map(({ file }) => file),
    kept: there.map(({ file, ifThere = '' }) => ({
      file,
      note: file === 'package.json' ? packageNote : ifThere,
    })),
  }
}

type Package = {
  type?: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

async function readPackage(root: string): Promise<Package> {
  const text = await readFile(path.join(root, 'package.json'), 'utf8')
  try {
    return JSON.parse(text) as Package
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new ProblemError({
      code: 'project/config-invalid',
      message: `package.json is not JSON: ${error.message}; nothing was written`,
      where: { file: 'package.json' },
    })
  }
}

/** `npm init` and `npm install` write a package.json that says CommonJS, or nothing; notebooks are modules. */
async function completePackage(
  root: string,
  there: Package,
  files: readonly { file: string; text: string }[],
): Promise<string> {
  const ours = JSON.parse(files.find((each) => each.file === 'package.json')?.text ?? '{}') as Package
  const dependencies = { ...ours.dependencies, ...there.dependencies }
  const devDependencies = { ...ours.devDependencies, ...there.devDependencies }
  const next = { ...there, type: 'module', dependencies, devDependencies }
  if (JSON.stringify(next) === JSON.stringify(there)) return ''
  await writeFile(path.join(root, 'package.json'), `${JSON.stringify(next, null, 2)}\n`)
  return ': it says "type": "module" now, and names zod, typescript and vitest'
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
