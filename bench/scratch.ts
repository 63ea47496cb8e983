import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this checkout. */
export const checkout = dirname(dirname(fileURLToPath(import.meta.url)))

let copy: string | undefined

/**
 * The folder of Sluice as it is measured: a copy of the build, as if it were installed, so that a build that is
 * made meanwhile changes nothing. It goes when this process ends.
 */
export function installedSluice(): string {
  if (copy !== undefined) return copy
  if (!existsSync(join(checkout, 'dist/cli/main.js')))
    throw new Error('there is no build to measure: run `npm run build`')
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-installed-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  copy = join(folder, 'node_modules/sluice')
  cpSync(join(checkout, 'dist'), join(copy, 'dist'), { recursive: true })
  cpSync(join(checkout, 'package.json'), join(copy, 'package.json'))
  symlinkSync(join(checkout, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** Gives a new folder to work in (under TMPDIR), and removes it however the work ends. */
export async function inScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const stopped = () => {
    remove()
    process.exit(130)
  }
  process.once('SIGINT', stopped)
  try {
    return await work(folder)
  } finally {
    process.off('SIGINT', stopped)
    remove()
  }
}

/** Writes files, by path under a folder. */
export function writeFiles(folder: string, files: { readonly [path: string]: string }): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

/** Makes a folder a project that finds `sluice` and `zod` of this checkout, as an installed one would. */
export function makeProject(folder: string, files: { readonly [path: string]: string }): void {
  writeFiles(folder, {
    'package.json': `${JSON.stringify({ name: 'bench', version: '1.0.0', private: true, type: 'module' })}\n`,
    'sluice.yaml': 'env: dev\nstorage: local\n',
    ...files,
  })
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(installedSluice(), join(folder, 'node_modules/sluice'))
  symlinkSync(join(checkout, 'node_modules/zod'), join(folder, 'node_modules/zod'))
}

/**
 * Forgets the tables of a project, so that every step runs, and, for a first run after a checkout, what is kept
 * of its notebooks too.
 */
export function forget(project: string, { notebooks }: { readonly notebooks: boolean }): void {
  rmSync(join(project, 'storage/lake'), { recursive: true, force: true })
  if (notebooks) rmSync(join(project, '.sluice'), { recursive: true, force: true })
}
