import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cacheFolder } from '../../flow/project.ts'
import { checkProject } from '../../run/check.ts'
import type { CheckResult } from '../../run/check-result.ts'

/** Never looked into: found upwards from the copy, or of no use to it. */
const skipped = new Set(['node_modules', '.git', cacheFolder])
const code = /\.([cm]?[jt]sx?|json|sql|ya?ml)$/

/**
 * Checks a project as it would be with other texts in some files: a copy of its code, beside links to all else, that
 * is gone when the answer is there.
 *
 * @param changes texts by file, relative to the project
 */
export async function checkChanged(root: string, changes: ReadonlyMap<string, string>): Promise<CheckResult> {
  const copy = path.join(root, cacheFolder, `rename-${randomUUID()}`)
  try {
    await copyCode(root, copy)
    for (const [file, text] of changes) await writeFile(path.join(copy, file), text)
    return await checkProject({ projectRoot: copy })
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

async function copyCode(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (skipped.has(entry.name)) continue
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)]
    if (entry.isDirectory() && !isData(source)) await copyCode(source, target)
    else if (entry.isFile() && code.test(entry.name)) await copyFile(source, target)
    else await symlink(source, target)
  }
}

/** A lake, or what a build has written. */
function isData(folder: string): boolean {
  return existsSync(path.join(folder, 'sluice.json')) || path.basename(folder) === 'dist'
}
