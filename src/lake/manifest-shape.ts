import { isObject, type Shape } from '../base/form.ts'
import type { Manifest } from './types.ts'

/** Hand-written checks, because a schema library would cost more at start-up than the rest of a run with nothing to do. */
type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string'
const count: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const flag: Check = (value) => typeof value === 'boolean'
const hash: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const shapeOf =
  (shape: { readonly [key: string]: Check }): Check =>
  (value) =>
    isObject(value) && faultyKey(shape, value) === undefined

const column = shapeOf({ name: text, type: text, nullable: flag })
const partition = shapeOf({
  values: listOf(text),
  rows: count,
  digest: orAbsent(text),
  fingerprint: orAbsent(text),
  computedAt: orAbsent(text),
  reopenedAt: orAbsent(text),
})
const columnStats = shapeOf({ nulls: count, min: orAbsent(text), max: orAbsent(text) })
const stats: Check = (value) => isObject(value) && Object.values(value).every(columnStats)
const file = shapeOf({
  key: text,
  bytes: count,
  rows: count,
  hash,
  partition: orAbsent(listOf(text)),
  stats: orAbsent(stats),
})

const manifest: { readonly [Key in keyof Required<Manifest>]: Check } = {
  format: (value) => value === 1,
  table: text,
  version: text,
  notebook: text,
  fingerprint: text,
  createdAt: text,
  engine: text,
  columns: listOf(column),
  key: listOf(text),
  rows: count,
  bytes: count,
  files: listOf(file),
  partitionBy: orAbsent(listOf(text)),
  partitions: orAbsent(listOf(partition)),
  stats,
}

/** Whether an object is a manifest: every property there and of its type. */
export function isManifest(value: Shape): value is Shape & Manifest {
  return faultyKey(manifest, value) === undefined
}

/** Why an object is not a manifest, in words that follow "is damaged: ". */
export function manifestFault(value: Shape): string {
  return `'${faultyKey(manifest, value) ?? ''}' is missing or malformed`
}

function faultyKey(shape: { readonly [key: string]: Check }, value: Shape): string | undefined {
  return Object.entries(shape).find(([key, check]) => !check(value[key]))?.[0]
}
