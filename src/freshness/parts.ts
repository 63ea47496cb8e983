import { digestOf, digestOfOrdered } from '../base/digest.ts'
import type { DeclaredColumn, DeclaredTable } from '../contract/spec.ts'
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
 * - `contract:out:*`: types decide casts, keys and checks decide whether rows are published at all, the handle
 *   decides which rows of the notebook they are;
 * - `contract:in:*`: the columns that the step sees, with the types that it expects;
 * - `contract:code:*`: contracts that the code itself reads, such as a list of column names;
 * - `input:*`: the version of each table, the content of each file.
 * What is not in (descriptions, owners, tags, limits, names of steps and flows) cannot change rows.
 */
export function fingerprintParts(step: DeclaredStep, facts: StepFacts): FingerprintParts {
  const parts: Record<string, string> = {
    semantics,
    engine: facts.engine,
    code: facts.code,
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
  const parts: Record<string, string> = { args: digestOf(step.args), env: digestOf(step.env) }
  for (const { handle, table } of step.outputs)
    parts[`contract:out:${table.name}`] = outputDigest(handle, table)
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

/** The digest of an output: which it is, and the part of its contract that can change what is published. */
function outputDigest(handle: string, { checks, columns, key, name }: DeclaredTable): string {
  return digestOfOrdered({ checks, columns: columns.map(writePart), handle, key, name })
}

// The keys stand in the order of the alphabet: see `digestOfOrdered`.
const readPart = ({ name, type, nullable, readAs }: DeclaredColumn) => ({
  name,
  nullable,
  readAs: readAs ?? null,
  type,
})

const writePart = ({ name, type, nullable, readAs, checks, unique, references }: DeclaredColumn) => ({
  checks,
  name,
  nullable,
  readAs: readAs ?? null,
  references: references ? { column: references.column, table: references.table } : null,
  type,
  unique,
})
