import { problemsOf, type Problem } from '../base/problem.ts'
import { openPlans, readPlan } from './gc-plan.ts'
import type { Lake } from './lake.ts'
import { corruptProblem, unseal } from './sealed.ts'
import type { Manifest } from './types.ts'
import { layout } from '../storage/layout.ts'

/** Damage of what can be done without. */
export interface SpareDamage {
  readonly problems: readonly Problem[]
  /** Keys that are to be moved out of the way. */
  readonly keys: readonly string[]
}

const spare = '`sluice repair` moves it out of the way'

/** Entries of the shared cache that are damaged, and records of cleanings. */
export async function verifyCaches(lake: Lake): Promise<SpareDamage> {
  const keys: string[] = []
  const problems: Problem[] = []
  for await (const { key } of lake.storage.list(layout.steps)) {
    const fingerprint = layout.fingerprintOf(key)
    if (fingerprint === undefined || !(await lake.steps.get(fingerprint)).damaged) continue
    keys.push(key)
    problems.push(corruptProblem(key, 'it is no entry of the shared cache, and counts as none', spare))
  }
  for (const id of await openPlans(lake.storage)) {
    try {
      await readPlan(lake.storage, id)
    } catch (error) {
      problems.push(...(problemsOf(error) ?? raise(error)))
    }
  }
  return { problems, keys }
}

/** What lies in the folder of a version and is not of it, and content digests that are damaged. */
export async function verifyFolder(
  lake: Lake,
  manifestKey: string,
  manifest: Manifest,
): Promise<SpareDamage> {
  const own = new Set([manifestKey, ...manifest.files.map(({ key }) => key)])
  const keys: string[] = []
  const problems: Problem[] = []
  const folder = manifestKey.slice(0, manifestKey.lastIndexOf('/') + 1)
  for await (const { key } of lake.storage.list(folder)) {
    if (own.has(key)) continue
    const fault = layout.isDigest(key) ? await digestFault(lake, key) : strayFault(manifest)
    if (fault === undefined) continue
    keys.push(key)
    problems.push(corruptProblem(key, fault, spare))
  }
  return { problems, keys }
}

function strayFault({ table, version }: Manifest): string {
  return `no manifest names it; Sluice reads it not, but tools that read the whole folder of '${table}', version ${version}, do`
}

/** Digests of lakes from before they had a checksum: four properties, no other. They count as none. */
const withoutChecksum = /^\{"format":1,"columns":\[[^\]]*\],"engine":"[^"]*","digest":"[0-9a-f]{64}"\}$/

async function digestFault({ storage }: Lake, key: string): Promise<string | undefined> {
  const bytes = await storage.get(key)
  if (bytes === undefined) return undefined
  const opened = unseal(bytes)
  if ('value' in opened || withoutChecksum.test(Buffer.from(bytes).toString('utf8'))) return undefined
  return `${opened.fault}; it is computed again when it is needed`
}

function raise(error: unknown): never {
  throw error
}
