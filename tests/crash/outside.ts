import { cp, lstat, mkdir, readFile, readdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Lane } from './lane.ts'

/** A folder next to a project, with files of others: as many as a link would make ours. */
export class Outside {
  readonly folder: string
  readonly moved: string
  private readonly lane: Lane

  constructor(lane: Lane) {
    this.lane = lane
    this.folder = `${lane.folder}-outside`
    this.moved = `${lane.folder}-moved`
  }

  /** A copy of a place of the project with other rows in its Parquet, and canaries; its path. */
  async copyOf(place: string): Promise<string> {
    await this.remove()
    await mkdir(this.folder)
    const copy = path.join(this.folder, 'copy')
    const from = this.lane.rig.path(place)
    const found = await lstat(from).catch(() => undefined)
    if (found) await cp(from, copy, { recursive: true })
    else await mkdir(copy)
    await changeRows(copy)
    return copy
  }

  /** Puts a link to the copy in the place of what is there. */
  async link(place: string): Promise<void> {
    const copy = await this.copyOf(place)
    const at = this.lane.rig.path(place)
    await rename(at, this.moved).catch(() => mkdir(path.dirname(at), { recursive: true }))
    await symlink(copy, at)
  }

  /** Removes the link, where it still is one, and puts back what was there. */
  async putRight(place: string): Promise<void> {
    const at = path.resolve(this.lane.folder, place)
    const now = await lstat(at).catch(() => undefined)
    if (now?.isSymbolicLink() === true) await rm(at)
    if (now === undefined || now.isSymbolicLink()) await rename(this.moved, at).catch(() => undefined)
    await rm(this.moved, { recursive: true, force: true })
  }

  /** Names, bytes and times of all that is there. */
  async snapshot(): Promise<Record<string, string>> {
    const names = ['', ...(await readdir(this.folder, { recursive: true }))]
    const all = await Promise.all(names.map(async (name) => [name, await seen(path.join(this.folder, name))]))
    return Object.fromEntries(all) as Record<string, string>
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
    await rm(this.moved, { recursive: true, force: true })
  }
}

async function seen(file: string): Promise<string> {
  const stat = await lstat(file, { bigint: true })
  const what = stat.isDirectory()
    ? 'folder'
    : stat.isSymbolicLink()
      ? await readlink(file)
      : await readFile(file, 'base64')
  return `${stat.mtimeNs} ${stat.mode} ${what}`
}

/** Rows that no run has made, in files that can be read all the same. */
async function changeRows(folder: string): Promise<void> {
  const names = (await lstat(folder)).isDirectory() ? await readdir(folder, { recursive: true }) : ['']
  const files = names.map((name) => path.join(folder, name))
  const parquet: string[] = []
  for (const file of files) {
    const magic = (await lstat(file)).isFile() ? (await readFile(file)).subarray(0, 4).toString() : ''
    if (magic === 'PAR1') parquet.push(file)
  }
  if (parquet.length === 0) return
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  for (const file of parquet) {
    await connection.run(
      `COPY (SELECT * FROM read_parquet('${file}') LIMIT 1) TO '${file}.new' (FORMAT parquet)`,
    )
    await rename(`${file}.new`, file)
  }
  connection.closeSync()
  instance.closeSync()
}
