import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this checkout. */
export const checkout = dirname(dirname(fileURLToPath(import.meta.url)))

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
  symlinkSync(checkout, join(folder, 'node_modules/sluice'))
  symlinkSync(join(checkout, 'node_modules/zod'), join(folder, 'node_modules/zod'))
}

/** Forgets what a project has computed and cached: the next run is the first. */
export function forget(project: string): void {
  for (const kept of ['.sluice', 'storage/lake'])
    rmSync(join(project, kept), { recursive: true, force: true })
}
