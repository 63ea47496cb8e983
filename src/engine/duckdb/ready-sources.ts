import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import type { BoundInput, Original, SourceRead } from '../engine.ts'
import type { DeclaredSource } from '../../contract/spec.ts'
import { sheetAsCsv, sheetRow } from '../workbook.ts'
import type { Connection } from './connection.ts'
import { ofOriginals } from './inputs.ts'
import { partCsv, type Parted } from './csv-parts.ts'
import { RejectsFile } from './rejects-file.ts'
import { copyAsUtf8 } from './utf8-copy.ts'

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
  const ready: BoundInput[] = []
  try {
    for (const input of inputs) {
      const { from, handle } = input
      if (from.kind !== 'source' || from.files.length === 0 || !wantsFolder(from.source)) {
        ready.push(input)
        continue
      }
      const folder = await scratch(tempFolder)
      folders.push(folder)
      const local = { ...from, ...(await readableCopies(from, folder)) }
      ready.push({ ...input, from: local })
      if (local.source.rejecting) parted.set(handle, await part(connection, input, local, folder))
    }
    return { inputs: ready, parted, reads, close }
  } catch (error) {
    await close()
    throw error
  }
}

type FromSource = Extract<BoundInput['from'], { kind: 'source' }>

function wantsFolder({ format, rejecting, dialect: { encoding = 'utf-8' } }: DeclaredSource): boolean {
  return format === 'excel' || rejecting !== undefined || encoding !== 'utf-8'
}

/** Files that the engine cannot read as they are, as copies that it can. */
async function readableCopies(
  { source, files }: FromSource,
  folder: string,
): Promise<Pick<FromSource, 'source' | 'files' | 'originals'>> {
  if (source.format === 'excel') return sheetCopies(source, files, folder)
  const { encoding = 'utf-8' } = source.dialect
  if (encoding === 'utf-8') return { source, files }
  const originals = new Map<string, Original>()
  for (const [at, file] of files.entries()) {
    const copy = path.join(folder, `utf8-${at}.csv`)
    await copyAsUtf8(source, encoding, file, copy)
    originals.set(copy, { file })
  }
  return { source, files: [...originals.keys()], originals }
}

async function sheetCopies(
  source: DeclaredSource,
  files: readonly string[],
  folder: string,
): Promise<Pick<FromSource, 'source' | 'files' | 'originals'>> {
  const originals = new Map<string, Original>()
  for (const [at, file] of files.entries()) {
    const copy = path.join(folder, `sheet-${at}.csv`)
    const shifts = await sheetAsCsv(source, file, copy)
    originals.set(copy, { file, lineOf: (line) => sheetRow(shifts, line) })
  }
  return { source: { ...source, format: 'csv', dialect: {} }, files: [...originals.keys()], originals }
}

async function part(
  connection: Connection,
  { columns }: BoundInput,
  from: FromSource,
  folder: string,
): Promise<Parted & { readonly rejects: RejectsFile }> {
  const { source } = from
  const rejects = new RejectsFile(source, folder)
  const called = (file: string) => from.originals?.get(file)?.file ?? file
  const files = from.files.map((file, at) => ({ file, name: from.names?.[at] ?? called(file) }))
  const parted = await partCsv({ connection, source, picked: columns, rejects, folder }, files)
  return { ...parted, problems: ofOriginals(parted.problems, from), rejects }
}

async function scratch(tempFolder: string): Promise<string> {
  await mkdir(tempFolder, { recursive: true })
  return mkdtemp(path.join(tempFolder, 'source-'))
}
