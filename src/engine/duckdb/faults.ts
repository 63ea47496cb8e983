import { diskHint } from './disk-hint.ts'
import type { ProblemCode } from '../../base/codes.ts'
import { parsedJson } from '../../base/parsed-json.ts'
import { ProblemError } from '../../base/problem.ts'
import { problemsOf } from '../../base/problem.ts'
import type { EngineProblem } from '../analysis.ts'
import { EngineInterrupted } from '../engine.ts'

/** An error of DuckDB's, taken apart (`errors_as_json`). */
export interface Fault {
  /** DuckDB's kind of error, such as `Binder` or `Conversion`. */
  readonly type: string
  readonly message: string
  /** In bytes from the start of the statement. */
  readonly position?: number
  /** What kind of fault it is within its type, such as `COLUMN_NOT_FOUND`. */
  readonly kind?: string
  /** The name that is wrong. */
  readonly name?: string
  /** Names that DuckDB would have known. */
  readonly candidates: readonly string[]
}

/** Carries a fault until someone knows whose mistake it is. */
export class FaultError extends Error {
  override readonly name = 'FaultError'
  readonly fault: Fault
  constructor(fault: Fault, cause: unknown) {
    super(`${fault.type}: ${fault.message}`, { cause })
    this.fault = fault
  }
}

/** What DuckDB threw as a FaultError, or as EngineInterrupted. */
export function faultError(error: unknown): Error {
  if (error instanceof FaultError || error instanceof EngineInterrupted) return error
  // A mistake that was told already stays what it is.
  if (error instanceof Error && problemsOf(error)) return error
  const fault = readFault(error instanceof Error ? error.message : String(error))
  return fault.type === 'INTERRUPT' ? new EngineInterrupted() : new FaultError(fault, error)
}

/** The parts of a fault as JSON that are read. */
type FaultJson = Readonly<Record<string, string | undefined>>

function readFault(text: string): Fault {
  const json = parsedJson(text.slice(text.indexOf('{'))) as FaultJson | null | undefined
  if (!json) return { type: 'Unknown', message: text, candidates: [] }
  const position = json['position'] === undefined ? undefined : Number(json['position'])
  return {
    type: json['exception_type'] ?? json['error_type'] ?? 'Unknown',
    message: json['exception_message'] ?? json['error_message'] ?? text,
    ...(position !== undefined && { position }),
    ...(json['error_subtype'] !== undefined && { kind: json['error_subtype'] }),
    ...(json['name'] !== undefined && { name: json['name'] }),
    candidates: json['candidates']?.split(/,\s*/).filter((name) => name !== '') ?? [],
  }
}

/** Where a fault is reported. */
export interface FaultPlace {
  /** Such as `output table 'silver.trips'`. */
  readonly subject: string
  readonly handle: string
  /** The text of the user's query. */
  readonly text: string
  /** What stood before that text in the statement. */
  readonly before?: string
}

const codes: Readonly<Record<string, ProblemCode | undefined>> = {
  Parser: 'query/parse',
  Binder: 'query/bind',
  Catalog: 'query/bind',
  Conversion: 'query/failed',
  'Invalid Input': 'query/failed',
  'Out of Range': 'query/failed',
  'Invalid Type': 'query/failed',
  'Divide by Zero': 'query/failed',
  'Out of Memory': 'step/memory',
}

/** A fault of a user's query as a Problem. */
export function queryProblem(
  fault: Fault,
  { subject, handle, text, before = '' }: FaultPlace,
): EngineProblem {
  const offset = offsetIn(text, fault.position, Buffer.byteLength(before))
  const disk = diskHint(fault)
  return {
    code: disk?.code ?? codes[fault.type] ?? 'step/engine',
    message: `${subject}: ${firstLine(fault.message)}`,
    ...(disk && { hint: disk.hint }),
    ...(offset !== undefined && { query: { handle, offset, text } }),
    ...(fault.candidates.length > 0 && {
      hint: `did you mean ${fault.candidates.slice(0, 3).join(' or ')}?`,
    }),
  }
}

/** The first line of a message of DuckDB's; what follows it are its own hints, about options that users do not have. */
export function firstLine(message: string): string {
  return (message.split('\n')[0] ?? message).trim()
}

/** A place in bytes of a statement as an index in the query's text, when it is inside of it. */
export function offsetIn(text: string, position: number | undefined, skip = 0): number | undefined {
  if (position === undefined) return undefined
  const bytes = Buffer.from(text)
  const at = position - skip
  return at >= 0 && at <= bytes.length ? bytes.subarray(0, at).toString().length : undefined
}

/** Runs work of the engine's own; a fault that no one else has told becomes a Problem of the subject. */
export async function toldOf<T>(subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    throw new ProblemError(queryProblem(error.fault, { subject, handle: '', text: '' }))
  }
}
