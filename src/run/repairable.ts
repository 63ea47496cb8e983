import { existsSync } from 'node:fs'
import path from 'node:path'
import type { DeclaredSource } from '../contract/spec.ts'
import type { DeclaredFlow, DeclaredInput, DeclaredStep } from '../flow/declared.ts'
import { isElsewhere, sourceFiles } from '../freshness/source-files.ts'
import { heldTables } from '../lake/held.ts'
import type { DamagedVersion } from '../lake/verify-lake.ts'
import { problemsOf } from '../base/problem.ts'
import { declaredFlows } from './lake-declared.ts'
import { openPlace, type LakePlace } from './lake-place.ts'
import type { ProjectOptions } from './options.ts'
import type { VerifyResult } from './verify.ts'

/** What can be done about one damaged version of a table. */
export interface Repairable {
  readonly env: string
  readonly table: string
  readonly seq: number
  /** The step that writes it, and its flow; left out when no flow of the project writes it. */
  readonly step?: string
  readonly flow?: string
  /** The tables and sources from which the step makes it. */
  readonly from: readonly string[]
  /** Why it cannot be made again, and what to do instead, in words; left out when it can. */
  readonly not?: string
}

/** For each damaged version whether and from what it can be made again. */
export async function repairable(options: ProjectOptions, found: VerifyResult): Promise<Repairable[]> {
  if (found.damaged.length === 0) return []
  const flows = await declaredOr(options)
  const place = await openPlace(options)
  try {
    const list: Repairable[] = []
    for (const damaged of found.damaged) list.push(await look(place, flows, damaged))
    return list
  } finally {
    await place.close()
  }
}

/** What is wrong with the project, in words, when it cannot be loaded. */
async function declaredOr(options: ProjectOptions): Promise<readonly DeclaredFlow[] | string> {
  try {
    return await declaredFlows(options)
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    return 'the project has mistakes: `sluice check` tells them'
  }
}

async function look(
  place: LakePlace,
  flows: readonly DeclaredFlow[] | string,
  { env, table, head, isHead }: DamagedVersion,
): Promise<Repairable> {
  const about = { env, table, seq: head.seq, from: [] }
  if (!isHead)
    return { ...about, not: 'it is an earlier version; put its files back from a backup if it is needed' }
  if (typeof flows === 'string') return { ...about, not: flows }
  const state = await place.lake?.env(env).state()
  if (state && heldTables(state).has(table))
    return {
      ...about,
      not: `it was restored and is held: \`sluice restore\` another version, or \`sluice release ${table}\``,
    }
  for (const flow of flows) {
    const step = flow.steps.find(({ outputs }) => outputs.some((output) => output.table.name === table))
    if (step === undefined) continue
    const gone = await goneSources(place, step)
    const from = step.inputs.map(({ name }) => name)
    const not = gone.length > 0 && { not: `no file is left of ${gone.join(', ')}` }
    return { ...about, step: step.name, flow: flow.name, from, ...not }
  }
  return { ...about, not: 'no flow of this project writes it; put its files back from a backup' }
}

/** Sources of a step, or of what it reads, of which no file is there. */
async function goneSources({ project }: LakePlace, step: DeclaredStep): Promise<string[]> {
  const gone: string[] = []
  for (const input of step.inputs) {
    if (input.kind !== 'source' || input.optional) continue
    if (await hasFiles(input, project.root)) continue
    gone.push(`source '${input.name}'`)
  }
  return gone
}

async function hasFiles(input: DeclaredInput, root: string): Promise<boolean> {
  if (isElsewhere(input.origin as DeclaredSource)) return true
  const files = await sourceFiles(input.origin as DeclaredSource, root)
  return files.some((file) => existsSync(path.resolve(root, file)))
}
