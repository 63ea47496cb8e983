import { unlessProblem } from '../base/problem.ts'
import { changesHandle, type ChangeSide } from '../contract/changes.ts'
import type { DeclaredSource, DeclaredTable } from '../contract/spec.ts'
import type { BoundInput } from '../engine/engine.ts'
import type { DeclaredInput, DeclaredStep } from '../flow/declared.ts'
import type { StepFindings } from '../freshness/findings.ts'
import { judgeIncremental } from '../freshness/incremental.ts'
import { digestOfSource } from '../freshness/source-files.ts'
import type { StepDetail } from '../freshness/step-detail.ts'
import type { SoundVersions } from '../lake/sound.ts'
import type { Head, StepRecord } from '../lake/types.ts'
import { rowsBetween, versionBeside, versionGone, type BetweenParts, type SideRows } from './rows-between.ts'

/** What changed of an input since a step was last computed. */
export interface InputChanges {
  readonly sides: { readonly [S in ChangeSide]: BoundInput['from'] }
  /** Rows; left out for files of a source, whose rows are not counted. */
  readonly rows?: { readonly [S in ChangeSide]: number }
  /** New files of a source. */
  readonly files?: number
  /** `bronze.orders@7`: where it is counted from. */
  readonly since?: string
}

/** What an incremental step was computed from before. */
export interface Before {
  readonly record: StepRecord
  /** What the commit kept of it; it may be gone. */
  readonly detail: StepDetail | undefined
}

/** What changed of an input, or why that cannot be told. */
export async function changesSince(
  around: BetweenParts,
  findings: StepFindings,
  { record, detail }: Before,
  input: DeclaredInput,
): Promise<InputChanges | { readonly full: string }> {
  if (input.kind === 'source')
    return newFiles(findings, record.parts[`input:${input.handle}`] ?? '', detail, input)
  const { head, version } = versionRead(findings, record, input)
  if (!head || version === undefined) return { full: `${input.name} is another table than before` }
  const found = await rowsBetween(around, input.name, versionBeside(head, version), head, input.columns)
  if ('unknown' in found) return { full: `${input.name}: ${found.unknown}` }
  const from = ({ files }: SideRows) => ({ kind: 'parquet' as const, files })
  const since = detail?.tables[input.handle]
  return {
    sides: { added: from(found.added), removed: from(found.removed) },
    rows: { added: found.added.rows, removed: found.removed.rows },
    ...(since !== undefined && { since }),
  }
}

/** The head of an input's table, and the version that the step read before. */
function versionRead(
  { state }: StepFindings,
  { parts }: StepRecord,
  { name, handle }: DeclaredInput,
): { readonly head: Head | undefined; readonly version: string | undefined } {
  const part = parts[`input:${handle}`] ?? ''
  const version = part.startsWith(`${name}@`) ? part.slice(name.length + 1) : undefined
  return { head: state.heads.get(name), version }
}

/**
 * Why all is computed anew, as far as that is told without looking at rows: the first run, code that changed, a file of a
 * source that is gone, ...; undefined when only the run knows.
 *
 * @param record what the environment remembers of the step
 * @param detailOf what the commit of the record kept of it
 */
export async function rebuildKnown(
  lake: SoundVersions,
  findings: StepFindings,
  record: StepRecord | undefined,
  detailOf: (record: StepRecord) => Promise<StepDetail | undefined>,
): Promise<string | undefined> {
  const verdict = judgeIncremental(findings, record, findings.state)
  if ('full' in verdict || !record) return 'full' in verdict ? verdict.full : undefined
  const sources = verdict.changed.filter(({ kind }) => kind === 'source')
  const detail = sources.length > 0 ? await detailOf(record) : undefined
  for (const input of sources) {
    const found = newFiles(findings, record.parts[`input:${input.handle}`] ?? '', detail, input)
    if ('full' in found) return found.full
  }
  for (const input of verdict.changed) {
    if (input.kind === 'source') continue
    const { head, version } = versionRead(findings, record, input)
    if (!head || version === undefined) return `${input.name} is another table than before`
    if (!(await unlessProblem(() => lake.version(input.name, versionBeside(head, version)))))
      return `${input.name}: ${versionGone}`
  }
  return undefined
}

/** Files that came since are added; one that changed or went means that all is computed anew. */
function newFiles(
  findings: StepFindings,
  part: string,
  detail: StepDetail | undefined,
  input: DeclaredInput,
): InputChanges | { readonly full: string } {
  const source = input.origin as DeclaredSource
  const now = findings.sources.get(input.handle)
  const before = detail?.sources[input.handle]
  if (!now || !before) return { full: `what was read of ${input.name} is not known any more` }
  if (part !== `files:${digestOfSource(source, before)}`)
    return { full: `how ${input.name} is read has changed` }
  for (const [file, hash] of Object.entries(before)) {
    if (now.hashes[file] === undefined) return { full: `${file} of ${input.name} is gone` }
    if (now.hashes[file] !== hash) return { full: `${file} of ${input.name} changed` }
  }
  const isNew = (at: number) => before[now.names[at] ?? ''] === undefined
  const files = now.files.filter((_, at) => isNew(at))
  const from = { kind: 'source' as const, source, files, names: now.names.filter((_, at) => isNew(at)) }
  return { sides: { added: from, removed: { kind: 'absent' } }, files: files.length }
}

/**
 * Where no query says which keys a table loses: the relations of removed rows whose keys are those of the table,
 * because all columns of its key are columns of the input, of the same types.
 */
export function takenOutByKey({ key, columns }: DeclaredTable, inputs: readonly DeclaredInput[]): string[] {
  const keyed = columns.filter(({ name }) => key.includes(name))
  const holds = (input: DeclaredInput) =>
    keyed.every(({ name, type }) =>
      input.columns.some((column) => column.name === name && column.type === type),
    )
  return inputs.filter(holds).map(({ handle }) => changesHandle(handle, 'removed'))
}

/** Why rows that were removed mean that all is computed anew; undefined when they do not. */
export function removalFault(
  step: DeclaredStep,
  input: DeclaredInput,
  { rows, since }: InputChanges,
  deletes: ReadonlySet<string>,
): string | undefined {
  if (!rows || rows.removed === 0) return undefined
  const lost = `${input.name} lost ${rows.removed} ${rows.removed === 1 ? 'row' : 'rows'}`
  const told = since === undefined ? lost : `${lost} since @${since.split('@').at(-1)}`
  if (step.incremental === 'append') return told
  const open = step.outputs.find(
    ({ handle, table, rejectsOfInput }) =>
      rejectsOfInput === undefined && !deletes.has(handle) && takenOutByKey(table, [input]).length === 0,
  )
  return open && `${told}, and nothing says which keys of ${open.table.name} they are of`
}
