import { hash } from 'node:crypto'
import { partitionKey, type DeclaredPartition } from '../contract/partition.ts'
import { periodOf, shifted } from '../contract/partition-time.ts'
import type { LateRows, PartitionEntry } from '../lake/types.ts'
import type { PartitionContents } from './partition-contents.ts'

/** What is known of a step's partitions: what its inputs hold now, and what its outputs were computed from. */
export interface PartitionFacts {
  readonly partition: DeclaredPartition
  /** By handle, of the inputs that are read by partition. */
  readonly inputs: ReadonlyMap<string, PartitionContents>
  /** What its outputs hold, for each of them. */
  readonly outputs: readonly (readonly PartitionEntry[])[]
  /** The digest of all that counts for every partition: code, args, contracts, engine, inputs that are read whole. */
  readonly shared: string
}

export interface PlanOptions {
  /** All are computed, whatever is known of them. */
  readonly all?: boolean
  /** Late rows before the lookback are left: false where more than inputs changed, so that no partition is of old code. */
  readonly lookback?: boolean
  /** Keys of partitions that are computed though they are before the lookback: those that failed, or were never tried. */
  readonly owed?: ReadonlySet<string>
  /** Keys of partitions whose files are lost: they are computed again although nothing changed for them. */
  readonly lost?: ReadonlySet<string>
  /** Which partitions may be computed; what else is stale stays so. All when left out. */
  readonly within?: (values: readonly string[], stale: boolean, late: boolean) => boolean
}

/** A partition that is to be computed. */
export interface StalePartition {
  readonly values: readonly string[]
  readonly fingerprint: string
  /** `new`: its outputs have no such partition; `late`: it changed before the lookback; `lost`: a file of it is gone. */
  readonly why: 'new' | 'changed' | 'late' | 'lost' | 'forced'
  /** What each of the outputs knows of it. */
  readonly before: readonly (PartitionEntry | undefined)[]
}

export interface PartitionPlan {
  /** In the order of their values. */
  readonly stale: readonly StalePartition[]
  /** Partitions that no input holds: their rows go. */
  readonly removed: readonly (readonly string[])[]
  /** Partitions that changed before the lookback, and stay as they are. */
  readonly late: readonly LateRows[]
  /** Stale ones that may not be computed now. */
  readonly left: readonly (readonly string[])[]
  readonly fresh: number
}

/** Which partitions must be computed. Pure; 100,000 partitions take a fraction of a second. */
export function planPartitions(facts: PartitionFacts, options: PlanOptions = {}): PartitionPlan {
  const { all = false, lookback = true, owed, lost, within } = options
  const known = facts.outputs.map((entries) => byKey(entries))
  const keys = keysOf(facts.inputs)
  const limit = lookback && !all ? limitOf(facts.partition, keys.keys()) : -Infinity
  const isLate = (key: string) => limit > -Infinity && !owed?.has(key) && startOf(facts, key) < limit
  const stale: StalePartition[] = []
  const late: LateRows[] = []
  const left: (readonly string[])[] = []
  let fresh = 0
  for (const [key, values] of keys) {
    const fingerprint = partitionFingerprint(facts, key)
    const before = known.map((entries) => entries.get(key))
    const isStale = before.some((entry) => entry?.fingerprint !== fingerprint)
    const tooLate = isStale && isLate(key)
    const isLost = lost?.has(key) === true
    const chosen = within
      ? within(values, isStale || isLost, tooLate)
      : all || isLost || (isStale && !tooLate)
    if (chosen) {
      const isNew = before.every((entry) => entry === undefined)
      const why = tooLate ? 'late' : isNew ? 'new' : isStale ? 'changed' : isLost ? 'lost' : 'forced'
      stale.push({ values, fingerprint, why, before })
    } else if (tooLate) late.push(...lateRows(facts, key, values, before[0]))
    else if (isStale || isLost) left.push(values)
    else fresh++
  }
  const removed: (readonly string[])[] = []
  for (const [key, entry] of new Map(known.flatMap((entries) => [...entries]))) {
    if (keys.has(key)) continue
    const chosen = within ? within(entry.values, true, isLate(key)) : !isLate(key)
    if (chosen) removed.push(entry.values)
    else if (isLate(key)) late.push({ values: entry.values, gone: true, rows: 0 })
    else left.push(entry.values)
  }
  return { stale: stale.toSorted((a, b) => byValues(a.values, b.values)), removed, late, left, fresh }
}

/** The order of partitions: that of their values as texts, numbers as numbers. */
export function byValues(one: readonly string[], two: readonly string[]): number {
  for (let at = 0; at < one.length; at++) {
    const [a = '', b = ''] = [one[at], two[at]]
    if (a === b) continue
    if (whole.test(a) && whole.test(b)) return Number(a) - Number(b) || (a < b ? -1 : 1)
    return a < b ? -1 : 1
  }
  return 0
}

const whole = /^-?\d+$/

/** The fingerprint of a partition: what all share, and what each input holds of it. */
function partitionFingerprint({ inputs, shared }: PartitionFacts, key: string): string {
  let text = shared
  for (const [handle, contents] of inputs) text += `\n${handle} ${contents.get(key)?.identity ?? '-'}`
  // Half of SHA-256: it is kept for each partition, and stands beside the step's whole fingerprint.
  return hash('sha256', text).slice(0, 32)
}

function byKey(entries: readonly PartitionEntry[]): Map<string, PartitionEntry> {
  const map = new Map<string, PartitionEntry>()
  for (const entry of entries) map.set(partitionKey(entry.values), entry)
  return map
}

/** The partitions that some input has. */
function keysOf(inputs: PartitionFacts['inputs']): Map<string, readonly string[]> {
  const keys = new Map<string, readonly string[]>()
  for (const contents of inputs.values())
    for (const [key, { values }] of contents) if (!keys.has(key)) keys.set(key, values)
  return keys
}

/** Before this time, changed partitions stay as they are. */
function limitOf({ every, lookback }: DeclaredPartition, keys: Iterable<string>): number {
  if (every === undefined || lookback === undefined) return -Infinity
  let latest = -Infinity
  for (const key of keys) latest = Math.max(latest, periodOf(every, key)?.start ?? -Infinity)
  return latest === -Infinity ? latest : shifted(every, latest, -lookback)
}

function startOf({ partition: { every } }: PartitionFacts, key: string): number {
  return (every && periodOf(every, key)?.start) ?? Infinity
}

/** How many rows came late, of each input that has others than were read; of sources that is not known here. */
function lateRows(
  { inputs }: PartitionFacts,
  key: string,
  values: readonly string[],
  before: PartitionEntry | undefined,
): LateRows[] {
  const rows: LateRows[] = []
  for (const [handle, contents] of inputs) {
    const read = before?.read?.[handle] ?? 0
    const content = contents.get(key)
    if (content && content.rows === undefined) rows.push({ values, input: handle, read })
    else if ((content?.rows ?? 0) !== read)
      rows.push({ values, input: handle, read, rows: (content?.rows ?? 0) - read })
  }
  return rows.length > 0 ? rows : [{ values, rows: 0 }]
}
