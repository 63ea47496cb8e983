import { parseDuration } from '../base/duration.ts'
import { segmentFault } from '../base/names.ts'
import { parseSize } from '../base/size.ts'
import { retryCauses, type Limits } from '../contract/limits.ts'
import type { LooseDefinition } from '../contract/notebook.ts'
import type { StepSettings } from './chain-types.ts'
import type { DeclaredStep } from './declared.ts'
import type { Describing, Told } from './describe-context.ts'

const length = 'a length of time is a number with a unit, such as 30s, 10m, 24h or 7d'
const retriesForm = `retries is a whole number from 0 to 100, or { times: 3, delay: '1s', maxDelay: '1m', on: ['${retryCauses.join("', '")}'] }`

interface Option {
  readonly name: keyof Limits
  readonly good: (value: unknown) => boolean
  readonly hint: string
}

const options: readonly Option[] = [
  { name: 'timeout', good: isDuration, hint: length },
  { name: 'retries', good: (value) => isWhole(value, 0, 100) || isRetries(value), hint: retriesForm },
  {
    name: 'memory',
    good: (value) => typeof value === 'string' && parseSize(value) !== undefined,
    hint: 'memory is a number with a unit, such as 500MB or 2GB',
  },
  { name: 'threads', good: (value) => isWhole(value, 1, 1024), hint: 'threads is a whole number from 1' },
  {
    name: 'pool',
    good: (value) => (Array.isArray(value) ? value.every(isPoolName) : isPoolName(value)),
    hint: 'pool is the name of a pool of sluice.yaml, or a list of them',
  },
]

/** The limits of a step: its own, else the notebook's; checked. */
export function describeLimits(
  definition: LooseDefinition,
  settings: StepSettings,
  told: Told,
  context: Describing,
): Pick<DeclaredStep, 'limits' | 'expiresAfter'> {
  const limits: { -readonly [K in keyof Limits]?: unknown } = {}
  for (const { name, good, hint } of options) {
    const value = settings[name] ?? definition[name]
    if (value === undefined) continue
    limits[name] = value
    if (!good(value)) refuse(name, value, hint, told, context)
  }
  const expiresAfter = definition.expires === undefined ? undefined : parseDuration(definition.expires)
  if (definition.expires !== undefined && expiresAfter === undefined) {
    refuse('expires', definition.expires, length, told, context)
  }
  return { limits: limits as Limits, ...(expiresAfter !== undefined && { expiresAfter }) }
}

function isWhole(value: unknown, from: number, to: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to
}

function isDuration(value: unknown): boolean {
  return typeof value === 'string' && parseDuration(value) !== undefined
}

function isPoolName(value: unknown): boolean {
  return typeof value === 'string' && segmentFault(value) === undefined
}

const retryParts: Readonly<Record<string, (value: unknown) => boolean>> = {
  times: (value) => isWhole(value, 0, 100),
  delay: isDuration,
  maxDelay: isDuration,
  on: (value) => Array.isArray(value) && value.every((cause) => retryCauses.includes(cause as never)),
}

function isRetries(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('times' in value)) return false
  return Object.entries(value).every(([key, part]) => part === undefined || retryParts[key]?.(part) === true)
}

function refuse(name: string, value: unknown, hint: string, told: Told, { problems }: Describing): void {
  const shown = typeof value === 'string' ? value : JSON.stringify(value)
  const message = `step '${told.step}': ${name} '${shown}' is not valid`
  problems.push({ code: 'contract/option-invalid', message, where: told.where, hint })
}
