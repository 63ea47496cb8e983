import { digestOf } from '../base/digest.ts'
import { unlessProblem } from '../base/problem.ts'
import { partitionKey, type DeclaredPartition } from '../contract/partition.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { DeclaredInput } from '../flow/declared.ts'
import { partitionedInputs } from '../flow/partition-inputs.ts'
import type { SoundVersions } from '../lake/sound.ts'
import type { Manifest, StepPartitions, StepRecord } from '../lake/types.ts'
import type { StepFindings } from './findings.ts'
import { checkTimes, sourceContents, tableContents, type PartitionContents } from './partition-contents.ts'
import type { PartitionFacts } from './partition-plan.ts'

/** What was found of a step's partitions. */
export interface FoundPartitions {
  readonly facts: PartitionFacts
  /** The inputs that are read by partition. */
  readonly inputs: readonly DeclaredInput[]
  /** The manifests of the tables that are read by partition, by handle. */
  readonly manifests: ReadonlyMap<string, Manifest>
  /** The manifests of the heads of its outputs, by table; those that are gone or damaged are left out. */
  readonly outputs: ReadonlyMap<string, Manifest>
  /** All that they share is as it was: partitions that are stale have other rows in their inputs. */
  readonly onlyInputs: boolean
  /** Keys of partitions of which a file is gone or was edited; looked for where the verdict found such damage. */
  readonly lost: ReadonlySet<string>
  /** The digest of what all partitions share now; `facts.shared` is another where what changed since was accepted. */
  readonly as: string
}

/** Looks at the partitions of a step: what its inputs hold of each, and what its outputs were computed from. */
export async function findPartitions(
  lake: SoundVersions,
  findings: StepFindings,
  record: StepRecord | undefined,
): Promise<FoundPartitions> {
  const { step, state } = findings
  const partition = step.partition as DeclaredPartition
  const inputs = partitionedInputs(step)
  const contents = new Map<string, PartitionContents>()
  const manifests = new Map<string, Manifest>()
  for (const input of inputs) {
    const head = input.kind === 'table' ? state.heads.get(input.name) : undefined
    if (head) manifests.set(input.handle, await lake.version(input.name, head))
    const manifest = manifests.get(input.handle)
    const found = manifest ? tableContents(manifest, partition.by) : filesContents(findings, input, partition)
    if (partition.every)
      checkTimes(partition.every, partition.by[0] ?? '', found.keys(), `${input.kind} '${input.name}'`)
    contents.set(input.handle, found)
  }
  const outputs = new Map<string, Manifest>()
  for (const { table } of step.outputs) {
    const head = state.heads.get(table.name)
    const manifest = head && (await unlessProblem(() => lake.version(table.name, head)))
    if (manifest) outputs.set(table.name, manifest)
  }
  const as = sharedDigest(findings, inputs)
  const shared = record?.partitions?.as === as ? record.partitions.base : as
  const entries = step.outputs.map(({ table }) => outputs.get(table.name)?.partitions ?? [])
  return {
    facts: { partition, inputs: contents, outputs: entries, shared },
    inputs,
    manifests,
    outputs,
    as,
    lost: findings.damaged.size > 0 ? await lostIn(lake, outputs.values()) : new Set(),
    onlyInputs: record?.partitions?.base === shared,
  }
}

async function lostIn(lake: SoundVersions, manifests: Iterable<Manifest>): Promise<Set<string>> {
  const lost = new Set<string>()
  for (const manifest of manifests) {
    const sound = await lake.standing(manifest)
    for (const { key, partition = [] } of manifest.files)
      if (!sound.has(key)) lost.add(partitionKey(partition))
  }
  return lost
}

/**
 * Whether late rows may be left: only the inputs that are read by partition have changed since all partitions were
 * computed, but for those that failed.
 */
export function onlyPartitionsChanged(
  words: readonly { readonly word: string; readonly subject?: string }[],
  { inputs, facts }: FoundPartitions,
  partitions: StepPartitions | undefined,
): boolean {
  if (partitions === undefined || partitions.base !== facts.shared || (partitions.left ?? 0) > 0) return false
  return words.every(
    ({ word, subject }) =>
      word === 'partitions-left' ||
      (word === 'input-changed' && inputs.some(({ handle }) => handle === subject)),
  )
}

function filesContents(
  { sources, step }: StepFindings,
  input: DeclaredInput,
  { by }: DeclaredPartition,
): PartitionContents {
  const source = sources.get(input.handle)
  if (!source) return new Map()
  const files = source.files.map((path, at) => {
    const name = source.names[at] ?? path
    return { path, name, hash: source.hashes[name] ?? '' }
  })
  const columns = step.outputs[0]?.table.columns ?? []
  const types = by.map((column) => columns.find(({ name }) => name === column)?.type)
  return sourceContents(input.origin as DeclaredSource, files, by, types)
}

/** What is remembered of partitions, when all that changed for them was accepted. */
export function acceptedPartitions(findings: StepFindings, known: StepPartitions): StepPartitions {
  return { ...known, as: sharedDigest(findings, partitionedInputs(findings.step)) }
}

/** The digest of all that counts for every partition. */
function sharedDigest({ parts }: StepFindings, inputs: readonly DeclaredInput[]): string {
  const own = new Set(inputs.map(({ handle }) => `input:${handle}`))
  const shared = Object.entries(parts).filter(([name]) => !own.has(name))
  // What a source's files hold counts by partition, how they are read for all.
  const reading = inputs.flatMap(({ handle, kind, origin }) => {
    if (kind === 'table') return []
    const {
      name: _name,
      paths: _paths,
      description: _description,
      where: _where,
      columns,
      ...how
    } = origin as DeclaredSource
    return [[handle, how, columns.map(({ name, type }) => [name, type])]]
  })
  return digestOf({ shared: Object.fromEntries(shared), reading })
}
