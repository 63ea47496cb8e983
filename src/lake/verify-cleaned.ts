import path from 'node:path'
import { unlessProblem } from '../base/problem.ts'
import type { Lake } from './lake.ts'
import type { Head } from './types.ts'
import { layout } from '../storage/layout.ts'

/**
 * Tells versions that a cleaning has deleted from damaged ones: the manifest is gone, and so is all in its folder
 * but the files that other versions share. The manifests of a table are read only where that is the question.
 */
export function cleanedVersions(lake: Lake): (head: Head) => Promise<boolean> {
  const named = new Map<string, ReadonlySet<string>>()
  return async ({ manifest }) => {
    if ((await lake.storage.stat(manifest)) !== undefined) return false
    const folder = path.posix.dirname(manifest)
    const left: string[] = []
    for await (const { key } of lake.storage.list(`${folder}/`)) left.push(key)
    if (left.length === 0) return true
    const table = `${path.posix.dirname(folder)}/`
    const files = named.get(table) ?? (await filesNamed(lake, table))
    named.set(table, files)
    return left.every((key) => files.has(key))
  }
}

/** The files that manifests of a table name; one that is damaged names none. */
async function filesNamed({ storage, manifests }: Lake, table: string): Promise<Set<string>> {
  const files = new Set<string>()
  for await (const { key } of storage.list(table)) {
    if (!layout.isOfVersion(key) || layout.manifestBeside(key) !== key) continue
    const manifest = await unlessProblem(() => manifests.read(key))
    for (const file of manifest?.files ?? []) files.add(file.key)
  }
  return files
}
