import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { hashFile } from '../base/file-hash.ts'
import { inOwnFolder } from '../base/own-folder.ts'
import type { DatapackageSink } from '../contract/sink.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import { tableSchema } from '../contract/table-schema.ts'
import type { DeclaredInput } from '../flow/declared.ts'
import type { Delivered } from '../freshness/target-files.ts'
import { exportTable, type Delivering } from './deliver-file.ts'
import { putFile } from './put-file.ts'
import { errnoOf } from '../storage/fault.ts'

const descriptor = 'datapackage.json'

/**
 * Writes tables into a folder with `datapackage.json` (datapackage.org, Data Package v2). Files of data are named
 * by their content and never written over, and `datapackage.json`, which names them, is replaced last: whoever reads
 * it sees the old package or the new one. Files that it no longer names are removed after that.
 */
export async function deliverPackage(delivering: Delivering, to: DatapackageSink): Promise<Delivered> {
  const { scope, findings, signal } = delivering
  const { inputs } = findings.step
  const before = { at: Date.now(), named: namedBy(scope.workspace.root, to.folder) }
  const written = []
  for (const input of inputs) written.push(await resourceOf(delivering, input, inputs, to))
  signal.throwIfAborted()
  const files: Record<string, string> = {}
  for (const { file, spilled, hash } of written) {
    const target = `${to.folder}/${file}`
    putFile(scope.workspace, spilled, target)
    files[target] = hash
  }
  const text = `${JSON.stringify(descriptorOf(to, written), null, 2)}\n`
  const folder = scope.pool.tempFolder()
  await mkdir(folder, { recursive: true })
  const spilled = path.join(folder, descriptor)
  await writeFile(spilled, text)
  files[`${to.folder}/${descriptor}`] = await hashFile(spilled)
  putFile(scope.workspace, spilled, `${to.folder}/${descriptor}`)
  removeOthers(
    scope.workspace.root,
    to.folder,
    new Set(written.map(({ file }) => path.basename(file))),
    before,
  )
  return { target: `${to.folder}/`, rows: written.reduce((sum, { rows }) => sum + rows, 0), files }
}

type Written = Awaited<ReturnType<typeof resourceOf>>

/** Writes one table, and tells what `datapackage.json` is to say of it. */
async function resourceOf(
  delivering: Delivering,
  input: DeclaredInput,
  all: readonly DeclaredInput[],
  { format = 'csv' }: DatapackageSink,
) {
  const csv = format === 'csv'
  const exported = await exportTable(
    delivering,
    input,
    csv ? { kind: 'csv', tableSchema: true } : { kind: 'parquet' },
  )
  const sha256 = await sha256Of(exported.path)
  const name = resourceName(input.name)
  const file = `data/${name}-${sha256.slice(0, 16)}.${format}`
  const table = input.origin as DeclaredTable
  const inPackage = (other: string) =>
    all.some((each) => each.name === other) ? resourceName(other) : undefined
  const schema = tableSchema(table, input.columns, exported.nulls ?? '', inPackage)
  const resource = {
    name,
    type: 'table',
    ...(table.description !== undefined && { description: table.description }),
    path: file,
    format,
    mediatype: csv ? 'text/csv' : 'application/vnd.apache.parquet',
    ...(csv && {
      encoding: 'utf-8',
      dialect: { delimiter: ',', quoteChar: '"', doubleQuote: true, header: true },
    }),
    bytes: exported.bytes,
    hash: `sha256:${sha256}`,
    rows: exported.rows,
    schema,
  }
  return { file, spilled: exported.path, hash: exported.hash, rows: exported.rows, resource }
}

function descriptorOf(
  { folder, name, title, description, licenses }: DatapackageSink,
  written: readonly Written[],
) {
  return {
    $schema: 'https://datapackage.org/profiles/2.0/datapackage.json',
    name: name ?? resourceName(path.posix.basename(folder)),
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(licenses && { licenses }),
    resources: written.map(({ resource }) => resource),
  }
}

/** Names of packages and resources are in lower case, of letters, digits, `.`, `_` and `-`. */
function resourceName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9._-]/g, '-')
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

const ours = /^[a-z0-9._-]+-[0-9a-f]{16}\.(csv|parquet)$/

/** What nobody names is left for so long: another run may have put it there, and be about to name it. */
const graceMs = 3_600_000

/** The data that the package of before names. */
function namedBy(root: string, folder: string): ReadonlySet<string> {
  const names = unlessAbsent(() => readFileSync(path.join(root, folder, descriptor), 'utf8')) ?? ''
  return new Set(names.match(/[a-z0-9._-]+-[0-9a-f]{16}\.(csv|parquet)/g))
}

/**
 * Removes data of the package of before, and what a run that was killed has left; what has another name stays, and so
 * does what another run has put there since this one began.
 */
function removeOthers(
  root: string,
  folder: string,
  named: ReadonlySet<string>,
  before: { readonly at: number; readonly named: ReadonlySet<string> },
): void {
  inOwnFolder(root, path.join(root, folder, 'data'), (held) => {
    for (const name of readdirSync(held)) {
      if (!ours.test(name) || named.has(name)) continue
      // A rename sets this time.
      const changed = unlessAbsent(() => statSync(path.join(held, name)).ctimeMs) ?? Infinity
      const limit = before.named.has(name) ? before.at : before.at - graceMs
      if (changed < limit) rmSync(path.join(held, name), { force: true })
    }
  })
}

function unlessAbsent<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
