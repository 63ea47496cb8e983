import type { HeldFile } from '../engine/held-rows.ts'
import type { SoundVersions, VersionName } from '../lake/sound.ts'
import type { ColumnStats, DataFile, Manifest } from '../lake/types.ts'

/** The files of a version on this machine, for a step that adds to them. Throws `storage/corrupt` as `files` does. */
export async function heldFiles(lake: SoundVersions, table: string, head: VersionName): Promise<HeldFile[]> {
  const manifest = await lake.version(table, head)
  const paths = await lake.files(manifest)
  return manifest.files.map((file, at) => {
    const { rows, bytes, stats = ownStats(manifest) } = file
    return { path: paths[at] ?? '', rows, bytes, ...(stats && { stats }) }
  })
}

/** Files of a version as another manifest lists them, with the statistics that the version has of them. */
export function filesKept(manifest: Manifest, kept: readonly number[]): DataFile[] {
  const stats = ownStats(manifest)
  return kept.flatMap((at) => {
    const file = manifest.files[at]
    return file === undefined ? [] : [stats && !file.stats ? { ...file, stats } : file]
  })
}

/** Statistics of a version of one file are those of the file. */
function ownStats({ files, stats }: Manifest): Readonly<Record<string, ColumnStats>> | undefined {
  return files.length === 1 ? stats : undefined
}
