import { placeText, type Place } from '../base/problem.ts'
import type { Json } from '../base/wire.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import type { EnvState, FingerprintParts, StepRecord } from '../lake/types.ts'
import { valueChanges } from './changes.ts'
import { filesDetail, type FilesBefore } from './member-changes.ts'
import { holding } from './hold.ts'
import { lateReason, leftReason } from './late.ts'
import { inputPart, type InputFact } from './parts.ts'
import type { Reason } from './reason.ts'

/** What was found of a step now. */
export interface Findings {
  readonly step: DeclaredStep
  readonly parts: FingerprintParts
  readonly fingerprint: string
  readonly inputs: ReadonlyMap<string, InputFact>
  /** Uses of what Sluice cannot see, with their places. */
  readonly untracked: readonly { readonly what: string; readonly where: Place }[]
  /** Outputs whose files are not what they were, by table. */
  readonly damaged: ReadonlyMap<string, 'missing' | 'changed'>
  /** Hashes of the files of sources as they were, by handle, where they have changed and that is known. */
  readonly filesBefore?: FilesBefore
  /** For a delivery: files of its target that are not what it wrote, by path. */
  readonly targets?: ReadonlyMap<string, 'missing' | 'changed'>
  /** For a delivery that does not happen in this environment: where it does. */
  readonly leftOut?: readonly string[]
  readonly forced: boolean
  /** Now, in milliseconds. */
  readonly now: number
}

export interface Verdict {
  readonly fresh: boolean
  /** Its tables were restored, or it is left out here: whatever changed around it, it does not run. */
  readonly held?: true
  readonly reasons: readonly Reason[]
}

/**
 * Whether a step must run, and every reason why. Pure: the same findings and record give the same verdict.
 * What is not known for certain means run.
 */
export function judge(findings: Findings, record: StepRecord | undefined, state: EnvState): Verdict {
  if (findings.leftOut) return { fresh: true, held: true, reasons: [leftOut(findings.leftOut)] }
  const held = holding(findings, record, state)
  if (held) return { fresh: true, held: true, reasons: [held] }
  const reasons = record
    ? [
        ...changedParts(findings, record),
        ...changedOutputs(findings, record, state),
        ...changedTarget(findings, record),
        ...aged(findings, record),
        ...unseen(findings),
      ]
    : [neverRun(findings, state)]
  if (findings.forced) reasons.push({ word: 'forced' })
  if (reasons.length > 0) return { fresh: false, reasons }
  const late = lateReason(findings.step.name, record?.partitions)
  return { fresh: true, reasons: late ? [late] : [] }
}

function neverRun(findings: Findings, state: EnvState): Reason {
  const other = findings.step.outputs.find(({ table }) => state.heads.has(table.name))
  if (!other) return { word: 'never-run' }
  const head = state.heads.get(other.table.name)
  return {
    word: 'never-run',
    detail: `${other.table.name} was written by ${head?.notebook}, together with other tables`,
  }
}

function changedParts(findings: Findings, record: StepRecord): Reason[] {
  if (findings.fingerprint === record.fingerprint) return []
  const names = new Set([...Object.keys(findings.parts), ...Object.keys(record.parts)])
  const changed = [...names].filter((name) => findings.parts[name] !== record.parts[name])
  const reasons = changed.map((name) => partReason(name, findings, record))
  // One reason for each word and subject: the engine and our own rules are one thing to people.
  return reasons.filter(
    (one, at) => reasons.findIndex((two) => two.word === one.word && two.subject === one.subject) === at,
  )
}

function partReason(name: string, findings: Findings, record: StepRecord): Reason {
  const [kind, ...rest] = name.split(':')
  const subject = rest.join(':')
  switch (kind) {
    case 'engine':
    case 'semantics':
      return { word: 'engine-changed', detail: `${record.parts['engine']} -> ${findings.parts['engine']}` }
    case 'args':
      return { word: 'args-changed', ...argsDetail(findings.step.args, record.args) }
    case 'sink':
      return { word: 'sink-changed', detail: findings.step.notebook }
    case 'environment':
      return {
        word: 'sink-changed',
        detail: `${record.parts['environment']} -> ${findings.parts['environment']}`,
      }
    case 'env':
      return { word: 'env-changed' }
    case 'incremental': {
      const [was, is] = [record, findings].map(({ parts }) => parts['incremental'] ?? 'none')
      return { word: 'contract-changed', subject: 'incremental', detail: `${was} -> ${is}` }
    }
    case 'partitions':
      return record.partitions ? leftReason(record.partitions) : { word: 'partitions-left' }
    case 'contract':
      return { word: 'contract-changed', subject: subject.replace(/^(in|out|code|checks):/, '') }
    case 'input':
      return inputReason(subject, findings, record)
    default:
      return { word: 'code-changed', where: { file: findings.step.file } }
  }
}

/** `least: 1 -> 2`, for what is short. */
function argsDetail(now: Json, before: Json | undefined): { detail?: string } {
  const changes = before === undefined ? [] : valueChanges(before, now)
  const texts = changes.map(
    ({ what, before: was = 'none', after: is = 'none' }) => `${what}: ${was} -> ${is}`,
  )
  const detail = texts.join(', ')
  return detail === '' || detail.length > 200 ? {} : { detail }
}

function inputReason(handle: string, findings: Findings, record: StepRecord): Reason {
  const fact = findings.inputs.get(handle)
  const before = record.parts[`input:${handle}`]
  const name = findings.step.inputs.find((input) => input.handle === handle)?.name
  const now =
    fact === undefined ? 'no longer read' : fact.kind === 'table' ? `${fact.table}@${fact.seq}` : fact.kind
  const what = name ?? handle
  if (before === undefined) return { word: 'input-changed', subject: handle, detail: `${what} is new` }
  if (fact === undefined) return { word: 'input-changed', subject: handle, detail: `${what} is ${now}` }
  if (inputPart(fact) === 'absent')
    return { word: 'input-changed', subject: handle, detail: `${what} is absent now` }
  if (before === 'absent') return { word: 'input-changed', subject: handle, detail: `${what} is there now` }
  if (fact.kind === 'source') {
    const detail = filesDetail(what, findings.filesBefore?.[handle], fact.files)
    return { word: 'input-changed', subject: handle, detail }
  }
  return { word: 'input-changed', subject: handle, detail: `${what} has a new version, ${now}` }
}

function changedOutputs(findings: Findings, record: StepRecord, state: EnvState): Reason[] {
  return findings.step.outputs.flatMap(({ table }): Reason[] => {
    const head = state.heads.get(table.name)
    const version = record.outputs[table.name]
    const damage = findings.damaged.get(table.name)
    if (!head || damage === 'missing') {
      return [
        {
          word: 'output-missing',
          subject: table.name,
          detail: head ? 'a file is gone' : 'it has no version',
        },
      ]
    }
    if (head.version !== version) {
      return [
        {
          word: 'output-changed',
          subject: table.name,
          detail: `${table.name}@${head.seq} is not this step's`,
        },
      ]
    }
    return damage ? [{ word: 'output-changed', subject: table.name, detail: 'a file was edited' }] : []
  })
}

/** What became of the target of a delivery behind our back, or of the environment: then nobody knows what it holds. */
function changedTarget({ step, targets }: Findings, record: StepRecord): Reason[] {
  if (step.kind !== 'deliver') return []
  const files = [...(targets ?? [])].map(([file, how]): Reason => {
    const detail = how === 'missing' ? 'the file is gone' : 'the file was edited'
    return { word: how === 'missing' ? 'output-missing' : 'output-changed', subject: file, detail }
  })
  // A fork, a promote or a rollback moved the record here: what was delivered since is not in it.
  return record.from
    ? [{ word: 'never-run', detail: 'since this environment was set to these versions' }]
    : files
}

function leftOut(places: readonly string[]): Reason {
  return { word: 'not-here', detail: `it delivers in environment ${places.join(', ')}` }
}

function aged(findings: Findings, record: StepRecord): Reason[] {
  const expired = isExpired(findings.step, record.computedAt, findings.now)
  return expired ? [{ word: 'expired', detail: `computed at ${record.computedAt}` }] : []
}

/**
 * Whether what was computed at a time (ISO 8601) is too old for its step now (milliseconds). A time in the
 * future says that a clock is wrong: the age is not known, so the step runs.
 */
export function isExpired(
  { expiresAfter }: Pick<DeclaredStep, 'expiresAfter'>,
  computedAt: string,
  now: number,
): boolean {
  const age = now - Date.parse(computedAt)
  return expiresAfter !== undefined && !(age >= 0 && age < expiresAfter)
}

function unseen({ step, untracked }: Findings): Reason[] {
  if (step.volatile) return [{ word: 'volatile' }]
  if (step.expiresAfter !== undefined) return []
  return untracked.map(({ what, where }) => ({
    word: 'untracked',
    detail: `${what} at ${placeText(where)}`,
    where,
  }))
}
