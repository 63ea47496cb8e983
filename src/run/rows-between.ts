import { mkdir } from 'node:fs/promises'
import { unlessProblem } from '../base/problem.ts'
import type { DeclaredColumn } from '../contract/spec.ts'
import type { SoundVersions, VersionName } from '../lake/sound.ts'
import type { DataFile, Head, Manifest } from '../lake/types.ts'
import type { Pool } from './pool.ts'

/** Rows as Parquet files on this machine. The files of a comparison are removed with the pool. */
export interface SideRows {
  readonly files: readonly string[]
  readonly rows: number
}

/** The rows between two versions of a table. */
export interface RowsBetween {
  readonly added: SideRows
  readonly removed: SideRows
  /** Rows were compared; else the later version has the files of the earlier one, and more. */
  readonly compared: boolean
}

/** Why the rows since a version cannot be told: it was cleaned away, or its manifest is not as it was. */
export const versionGone = 'its version before is gone or damaged'

/** What is needed to tell the rows between versions. */
export interface BetweenParts {
  readonly lake: SoundVersions
  readonly pool: Pick<Pool, 'engines' | 'tempFolder'>
  readonly signal: AbortSignal
}

/**
 * The rows that a table has more in one version than in an earlier one, and those that it has less, as multisets
 * over some columns. Files that both versions name are not read: files are immutable. Where the later version
 * has all files of the earlier one, as after an append, the rows of its other files are what was added.
 *
 * @param before the version from which it is counted; left out, all rows are added
 * @param columns at least one, with the types in which they are compared
 * @returns why nothing can be told, in words that follow "because ", where the earlier version is gone, damaged or
 *   has other columns
 * @throws ProblemError where the later version is damaged
 */
export async function rowsBetween(
  around: BetweenParts,
  table: string,
  before: VersionName | undefined,
  after: VersionName,
  columns: readonly DeclaredColumn[],
): Promise<RowsBetween | { readonly unknown: string }> {
  const now = await around.lake.version(table, after)
  const old = before && (await unlessProblem(() => around.lake.version(table, before)))
  if (before && !old) return { unknown: versionGone }
  const other = old && columns.find(({ name }) => typeIn(old, name) !== typeIn(now, name))
  if (other) return { unknown: `column '${other.name}' had another type before` }
  const left = old?.files.filter((file) => !now.files.some((same) => isSame(file, same))) ?? []
  const come = now.files.filter((file) => !old?.files.some((same) => isSame(file, same)))
  const cameAt = await around.lake.files({ ...now, files: come })
  if (left.length === 0)
    return { added: { files: cameAt, rows: rowsOf(come) }, removed: none, compared: false }
  const leftAt = await unlessProblem(() => around.lake.files({ ...(old ?? now), files: left }))
  if (!leftAt) return { unknown: 'a file of its version before is gone or damaged' }
  const folder = around.pool.tempFolder()
  await mkdir(folder, { recursive: true })
  const ask = { before: leftAt, after: cameAt, columns, folder }
  const { added, removed } = await around.pool.engines.ask('difference', ask, {
    signal: around.signal,
    by: 'difference',
  })
  const side = ({ file, rows }: typeof added): SideRows => ({ files: file === undefined ? [] : [file], rows })
  return { added: side(added), removed: side(removed), compared: true }
}

/** Another version of the table of a head: versions of a table lie beside each other. */
export function versionBeside(head: Pick<Head, 'manifest' | 'version'>, version: string): VersionName {
  return { version, manifest: head.manifest.replace(head.version, version) }
}

const none: SideRows = { files: [], rows: 0 }

function isSame(one: DataFile, two: DataFile): boolean {
  return one.key === two.key && one.hash === two.hash
}

function typeIn({ columns }: Manifest, name: string): string | undefined {
  return columns.find((column) => column.name === name)?.type
}

function rowsOf(files: readonly DataFile[]): number {
  return files.reduce((sum, { rows }) => sum + rows, 0)
}
