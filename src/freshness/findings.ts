import { ProblemError, type Place } from '../base/problem.ts'
import type { Elsewhere } from '../connect/elsewhere.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { DeclaredInput, DeclaredStep } from '../flow/declared.ts'
import type { Lake } from '../lake/lake.ts'
import type { EnvState, FingerprintParts, StepRecord } from '../lake/types.ts'
import type { StatIndex } from '../notebook/stat-index.ts'
import { filesBefore } from './member-changes.ts'
import { lookAtDelivery } from './target-files.ts'
import { lookAtOutput } from './output-files.ts'
import { fingerprintOf, fingerprintParts, type InputFact } from './parts.ts'
import { isElsewhere, lookAtSource, type SourceState } from './source-files.ts'
import type { Findings } from './verdict.ts'

/** The code of a notebook, as `notebook/` found it. */
export interface CodeFact {
  readonly version: string
  readonly untracked: readonly { readonly what: string; readonly where: Place }[]
  /** Digests of contracts that the code itself refers to, by `file#export`. */
  readonly edges: { readonly [edge: string]: string }
  /** What `explain` compares. Worked out only where a commit keeps it: a run with nothing to do does not. */
  readonly detail: () => Promise<CodeDetail>
}

export interface CodeDetail {
  /** Digests of the symbols of all its files, by `file#symbol`. */
  readonly symbols: { readonly [symbol: string]: string }
  readonly packages: readonly string[]
}

/** Where findings are made. */
export interface Surroundings {
  readonly root: string
  readonly lake: Lake
  readonly index: StatIndex
  /** Left out where no source is a database or a server. */
  readonly elsewhere?: Elsewhere
  readonly engine: string
  readonly codeOf: (step: DeclaredStep) => Promise<CodeFact>
}

/** Findings with what they were made from, for computing and for `explain`. */
export interface StepFindings extends Findings {
  readonly code: CodeFact
  /** What sources held, by handle. */
  readonly sources: ReadonlyMap<string, SourceState>
  readonly state: EnvState
}

/** Looks at a step as it is now: its code, inputs and outputs, against one state of the environment. */
export async function lookAtStep(
  around: Surroundings,
  step: DeclaredStep,
  state: EnvState,
  options: { readonly forced?: boolean; readonly now?: number; readonly record?: StepRecord } = {},
): Promise<StepFindings> {
  const code = step.kind === 'deliver' ? noCode : await around.codeOf(step)
  const sources = new Map<string, SourceState>()
  const inputs = new Map<string, InputFact>()
  for (const input of step.inputs) inputs.set(input.handle, await lookAtInput(around, input, state, sources))
  const damaged = new Map<string, 'missing' | 'changed'>()
  for (const { table } of step.outputs) {
    const head = state.heads.get(table.name)
    const found = head ? await lookAtOutput(around.lake, table.name, head, around.index) : 'good'
    if (found !== 'good') damaged.set(table.name, found)
  }
  const parts = fingerprintParts(step, {
    code: code.version,
    engine: around.engine,
    env: state.env,
    inputs,
    edges: code.edges,
  })
  const { record } = options
  const moved = [...sources.keys()].some(
    (handle) => record && parts[`input:${handle}`] !== record.parts[`input:${handle}`],
  )
  const before = moved && record ? await filesBefore(around.lake, state, step, record) : undefined
  return {
    step,
    parts,
    ...(before && { filesBefore: before }),
    fingerprint: sameParts(parts, options.record) ? options.record.fingerprint : fingerprintOf(parts),
    inputs,
    untracked: step.external === true ? [...code.untracked, unseenFiles(step)] : code.untracked,
    damaged,
    ...(step.kind === 'deliver' && (await lookAtDelivery(around, step, state))),
    forced: options.forced ?? false,
    now: options.now ?? Date.now(),
    code,
    sources,
    state,
  }
}

/** A delivery has no code: nothing that somebody edits makes it stale but what it says itself. */
const noCode: CodeFact = {
  version: '',
  untracked: [],
  edges: {},
  detail: () => Promise.resolve({ symbols: {}, packages: [] }),
}

/** What the SQL of an external notebook reads by path is not seen, and so may have changed. */
function unseenFiles({ file }: DeclaredStep): Findings['untracked'][number] {
  return { what: 'external: true (files that its SQL reads are not seen)', where: { file } }
}

/** The same parts have the same fingerprint: it need not be worked out again. */
function sameParts(parts: FingerprintParts, record: StepRecord | undefined): record is StepRecord {
  if (!record) return false
  const names = Object.keys(parts)
  return (
    names.length === Object.keys(record.parts).length &&
    names.every((name) => parts[name] === record.parts[name])
  )
}

async function lookAtInput(
  around: Surroundings,
  input: DeclaredInput,
  state: EnvState,
  sources: Map<string, SourceState>,
): Promise<InputFact> {
  if (input.kind === 'table') {
    const head = state.heads.get(input.name)
    return head
      ? { kind: 'table', table: input.name, version: head.version, seq: head.seq }
      : { kind: 'absent', name: input.name }
  }
  const source = input.origin as DeclaredSource
  const found = await lookAtSource(source, around.root, around.index, around.elsewhere)
  if (found.files.length === 0) {
    if (input.optional) return { kind: 'absent', name: input.name }
    throw noFiles(source)
  }
  sources.set(input.handle, found)
  return { kind: 'source', source: input.name, digest: found.digest, files: found.hashes }
}

function noFiles(source: DeclaredSource): ProblemError {
  const paths = source.paths.join(', ')
  const web = isElsewhere(source)
  return new ProblemError({
    code: 'source/not-found',
    message: `source '${source.name}': ${web ? `the server has no ${paths}` : `no file matches ${paths}`}`,
    ...(source.where && { where: source.where }),
    hint: `${web ? 'check the address' : 'paths are relative to the project'}; read it with .optional() if the files may be absent`,
  })
}
