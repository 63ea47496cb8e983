import { engineVersion } from '../engine/version.ts'
import type { LakePlace } from './lake-place.ts'
import type { FoundTable } from './lake-table.ts'
import { engineMemory, Pool } from './pool.ts'
import { versionDigest } from './same-rows.ts'
import { spillFolder } from './spill.ts'

/** Content digests of tables. */
export interface Digests {
  /** Computed once for a version, then kept beside its manifest. */
  of(table: FoundTable): Promise<string>
  close(): Promise<void>
}

/** The engine's process starts with the first digest that is not known yet. */
export function openDigests({ project }: LakePlace): Digests {
  const tempFolder = spillFolder(project.root)
  const pool = new Pool({ workers: 1, memory: engineMemory(project.config.memory), tempFolder })
  const signal = new AbortController().signal
  return {
    async of({ lake, head, manifest }) {
      const around = { lake, pool, engine: engineVersion(), signal }
      return head.digest ?? versionDigest(around, head.manifest, manifest, manifest.columns)
    },
    close: () => pool.close(),
  }
}
