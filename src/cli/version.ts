import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { InternalError } from '../base/problem.ts'

/** The version of this installation of Sluice: its package.json is the nearest one above this file. */
export function sluiceVersion(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url))
  for (; path.dirname(folder) !== folder; folder = path.dirname(folder)) {
    const file = path.join(folder, 'package.json')
    if (!existsSync(file)) continue
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version?: string }
    if (version !== undefined) return version
  }
  throw new InternalError('no package.json with a version stands above the program')
}
