import { randomUUID } from 'node:crypto'
import { access, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ProblemError } from '../base/problem.ts'
import { orAbsent } from './fault.ts'
import type { ObjectStore } from './object-store.ts'

/** An object that every lake in a bucket has. Its name is that of a temporary file, so it is never listed. */
const probeKey = 'probe.tmp-00000000-0000-4000-8000-000000000000'

/**
 * Asks a store, before the first commit from this machine, whether it keeps the condition "only if absent":
 * the second of two creations must be refused. What it said is kept in the file `known`. Throws a ProblemError
 * `storage/no-put-if-absent` for a store that does not, and what the SDK throws.
 */
export async function probeOnce(
  store: ObjectStore,
  place: string,
  prefix: string,
  known: string,
): Promise<void> {
  if (await orAbsent(access(known).then(() => true))) return
  const bytes = Buffer.from('Sluice asks with this object whether the store keeps its conditions.\n')
  const create = (): Promise<boolean> => store.create(prefix + probeKey, bytes, randomUUID())
  // Where the object is there already, the first answer is all that is needed.
  if ((await create()) && (await create())) {
    throw new ProblemError({
      code: 'storage/no-put-if-absent',
      message: `the store of ${place} ignores the condition "only if absent", on which commits rely`,
      hint: 'use another store or a newer version of its server: commits to this one could be lost',
    })
  }
  await mkdir(dirname(known), { recursive: true })
  await writeFile(known, 'The store refuses to create an object twice.\n')
}
