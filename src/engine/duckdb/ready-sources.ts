import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import type { BoundInput, SourceRead } from '../engine.ts'
import type { Connection } from './connection.ts'
import { partCsv, type Parted } from './csv-parts.ts'
import { RejectsFile } from './rejects-file.ts'

/** Sources whose files were read before any query runs. */
export interface ReadySources {
  /** The inputs as they are to be read. */
  readonly inputs: readonly BoundInput[]
  /** Those whose bad rows went another way, by handle. */
  readonly parted: ReadonlyMap<string, Parted & { readonly rejects: RejectsFile }>
  /** What was read of them. */
  reads(): readonly SourceRead[]
  /** Removes what was written for them. */
  close(): Promise<void>
}

/** Parts good rows from bad ones where sources say so. What it writes stays in `tempFolder` until it is closed. */
export async function readySources(
  connection: Connection,
  inputs: readonly BoundInput[],
  tempFolder: string,
): Promise<ReadySources> {
  const parted = new Map<string, Parted & { readonly rejects: RejectsFile }>()
  const folders: string[] = []
  const close = async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true })
  }
  const reads = () =>
    [...parted].map(([handle, { rows, rejects }]) => ({ handle, rows, rejected: rejects.count }))
  try {
    for (const { handle, from, columns } of inputs) {
      if (from.kind !== 'source' || !from.source.rejecting || from.files.length === 0) continue
      const folder = await scratch(tempFolder)
      folders.push(folder)
      const rejects = new RejectsFile(from.source, folder)
      const files = from.files.map((file, at) => ({ file, name: from.names?.[at] ?? file }))
      const parting = { connection, source: from.source, picked: columns, rejects, folder }
      parted.set(handle, { ...(await partCsv(parting, files)), rejects })
    }
    return { inputs, parted, reads, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function scratch(tempFolder: string): Promise<string> {
  await mkdir(tempFolder, { recursive: true })
  return mkdtemp(path.join(tempFolder, 'source-'))
}
