import { digestOf, digestOfOrdered } from '../base/digest.ts'
import type { Sink } from '../contract/sink.ts'
import type { DeclaredCheck, DeclaredColumn, DeclaredTable } from '../contract/spec.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import type { FingerprintParts } from '../lake/types.ts'

/**
 * The number of the rules by which a fingerprint stands for a result. It counts up when Sluice itself begins
 * to compute something else from the same parts; a release that does not leaves every lake as it is.
 */
export const semantics = '1'

/** What an input was when it was looked at. */
export type InputFact =
  | { readonly kind: 'table'; readonly table: string; readonly version: string; readonly seq: number }
  | {
      readonly kind: 'source'
      readonly source: string
      readonly digest: string
      readonly files: { readonly [file: string]: string }
    }
  | { readonly kind: 'absent'; readonly name: string }

/** What a fingerprint is made from, beside the declaration. */
export interface StepFacts {
  readonly code: string
  readonly engine: string
  /** The environment. */
  readonly env: string
  /** By handle. */
  readonly inputs: ReadonlyMap<string, InputFact>
  /** Digests of contracts that the code itself refers to, by `file#export`. */
  readonly edges: { readonly [edge: string]: string }
}

/**
 * The parts of a step's fingerprint, by name, each with the reason why it is in:
 * - `semantics`, `engine`: another engine, or another way of ours to compute, can give other rows;
 * - `code`: the code that can run, with all that it imports, as it would run;
 * - `args`, `env`: values that the code sees; by value, so that a default that moves into a flow changes nothing;
 * - `incremental`: whether rows are appended or merged; only notebooks that say so have it;
 * - `contract:out:*`: types decide casts, checks that reject decide which rows stay, the key whether rows are
 *   published at all, the handle which rows of the notebook they are, the partition columns in which files they lie;
 * - `contract:checks:*`: checks that fail decide whether rows are published at all; those that warn are not in;
 * - `contract:in:*`: the columns that the step sees, with the types that it expects;
 * - `contract:code:*`: contracts that the code itself reads, such as a list of column names;
 * - `input:*`: the version of each table, the content of each file.
 * - `sink`, `environment`: of a delivery, where its rows go; nothing of it depends on code or on an engine.
 * What is not in (descriptions, owners, tags, limits, names of steps and flows) cannot change rows.
 */
export function fingerprintParts(step: DeclaredStep, facts: StepFacts): FingerprintParts {
  const parts: Record<string, string> = {
    ...(step.sink ? { environment: facts.env } : { semantics, engine: facts.engine, code: facts.code }),
    ...(step.parts ?? declaredParts(step)),
  }
  for (const { handle } of step.inputs) {
    const fact = facts.inputs.get(handle)
    if (fact) parts[`input:${handle}`] = inputPart(fact)
  }
  for (const [edge, digest] of Object.entries(facts.edges)) parts[`contract:code:${edge}`] = digest
  return parts
}

/** The parts that follow from the declaration alone; they are kept with it, so that a run need not work them out. */
export function declaredParts(step: DeclaredStep): FingerprintParts {
  const parts: Record<string, string> = step.sink
    ? { sink: sinkPart(step.sink, step) }
    : { args: digestOf(step.args), env: digestOf(step.env) }
  if (step.incremental) parts['incremental'] = step.incremental
  for (const { handle, table } of step.outputs) Object.assign(parts, outputParts(handle, table))
  for (const { handle, columns } of step.inputs)
    parts[`contract:in:${handle}`] = digestOfOrdered(columns.map(readPart))
  return parts
}

/** The fingerprint of a step: the digest of its parts. */
export function fingerprintOf(parts: FingerprintParts): string {
  const names = Object.keys(parts).toSorted()
  return digestOfOrdered(Object.fromEntries(names.map((name) => [name, parts[name]])))
}

/** One input as a part: what it is called and what it held. */
export function inputPart(fact: InputFact): string {
  if (fact.kind === 'table') return `${fact.table}@${fact.version}`
  return fact.kind === 'source' ? `files:${fact.digest}` : 'absent'
}

/** What decides how the target of a delivery looks, beside the rows. A datapackage tells of the contract too. */
function sinkPart(sink: Sink, { inputs }: DeclaredStep): string {
  const contracts = inputs.map(({ origin, columns }) => {
    const { key, checks, description } = origin as DeclaredTable
    const told = columns.map((column) => column.description ?? null)
    const asked = checks.map(({ where: _where, ...check }) => check)
    return sink.kind === 'datapackage' ? { key, asked, description: description ?? null, told } : { key }
  })
  return digestOf({ sink, contracts })
}

function outputParts(handle: string, table: DeclaredTable): FingerprintParts {
  const failing = table.checks.filter(({ onFailure }) => onFailure === 'fail')
  return {
    [`contract:out:${table.name}`]: outputDigest(handle, table),
    ...(failing.length > 0 && {
      [`contract:checks:${table.name}`]: digestOfOrdered(failing.map(askedPart).toSorted()),
    }),
  }
}

/** What a check asks, without its name. */
function askedPart({ name: _name, ...check }: DeclaredCheck): string {
  return checkPart({ name: '', ...check })
}

/** The digest of an output: which it is, and the part of its contract that can change its rows. */
function outputDigest(handle: string, table: DeclaredTable): string {
  const { checks, columns, key, name, partitionBy, rejects } = table
  const rejecting = checks.filter(({ onFailure }) => onFailure === 'reject').map(checkPart)
  return digestOfOrdered({
    columns: columns.map(readPart),
    handle,
    key,
    name,
    ...(partitionBy && { partitionBy }),
    rejecting,
    rejects: rejects ?? null,
  })
}

// The keys stand in the order of the alphabet: see `digestOfOrdered`.
const readPart = ({ name, type, nullable, readAs }: DeclaredColumn) => ({
  name,
  nullable,
  readAs: readAs ?? null,
  type,
})

/** What a check asks; a name of its own stands in rejected rows. */
function checkPart({ where: _where, severity: _severity, named: _named, ...check }: DeclaredCheck): string {
  return digestOf(check)
}
