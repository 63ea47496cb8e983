import path from 'node:path'
import type { FsCall } from './record.ts'

/** What a commit names: its object, and all that readers go on to from there. */
export interface Named {
  readonly commit: string
  readonly files: readonly string[]
}

/**
 * What a power cut could take from readers, told from the order of calls. A file's bytes are sure when the file
 * was flushed; a name is sure when its folder was flushed after the name was made (fsync(2): "does not necessarily
 * ensure that the entry in the directory containing the file has also reached disk").
 */
export function unsafeCommits(calls: readonly FsCall[], commits: readonly Named[]): string[] {
  const disk = new Disk()
  const found: string[] = []
  let last: string | undefined
  for (const call of calls) {
    if (call.moment === 'begin' && call.call === 'link') {
      if (!disk.holds(call.from)) found.push(`${call.name}: its bytes were not flushed`)
      const commit = commits.find((each) => each.commit === call.path)
      if (!commit) continue
      if (last !== undefined && disk.unsure(last))
        found.push(`${call.name}: the commit before it was not flushed`)
      for (const file of commit.files) found.push(...disk.missing(file).map((why) => `${call.name}: ${why}`))
      last = commit.commit
    }
    if (call.moment === 'end') disk.did(call)
  }
  if (last !== undefined && disk.unsure(last)) found.push(`${last}: the last commit was not flushed`)
  return found
}

/** What is sure to be on a disk. */
class Disk {
  private readonly flushed = new Set<string>()
  /** Names that were made, and whose folder was not flushed since. */
  private readonly names = new Set<string>()

  did({ call, path: file, from }: FsCall): void {
    if (call === 'create' || call === 'mkdir') this.names.add(file)
    // Files that the engine made are opened to be flushed.
    if (call === 'open' && file.endsWith('.parquet')) this.names.add(file)
    if (call === 'link') {
      this.names.add(file)
      if (this.flushed.has(from)) this.flushed.add(file)
    }
    if (call === 'rename') this.move(from, file)
    if (call === 'sync') {
      this.flushed.add(file)
      for (const name of this.names) if (path.dirname(name) === file) this.names.delete(name)
    }
  }

  holds(file: string): boolean {
    return this.flushed.has(file)
  }

  /** Whether the name of a file, or of a folder that it lies in, could be gone. */
  unsure(file: string): string | undefined {
    for (let at = file; at !== path.dirname(at); at = path.dirname(at)) if (this.names.has(at)) return at
    return undefined
  }

  missing(file: string): string[] {
    const name = this.unsure(file)
    return [
      ...(this.holds(file) ? [] : [`the bytes of ${file} were not flushed`]),
      ...(name === undefined ? [] : [`the name ${name} was not flushed`]),
    ]
  }

  private move(from: string, to: string): void {
    for (const set of [this.flushed, this.names]) {
      for (const file of set) {
        if (file !== from && !file.startsWith(from + path.sep)) continue
        set.delete(file)
        set.add(to + file.slice(from.length))
      }
    }
    this.names.add(to)
  }
}
