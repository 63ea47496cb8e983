import type { ProblemCode } from './codes.ts'

/** A place in a file of the user's. `file` is relative to the project where it can be; lines and columns count from 1. */
export interface Place {
  readonly file: string
  readonly line?: number
  readonly column?: number
}

/**
 * A mistake of the user's: told, never thrown one at a time. Every message names the table, the notebook or
 * the file that it is about; `hint` says what to do next.
 */
export interface Problem {
  readonly code: ProblemCode
  /** A warning fails nothing. Left out: an error. */
  readonly severity?: 'warn'
  readonly message: string
  readonly where?: Place
  readonly related?: readonly { readonly message: string; readonly where?: Place }[]
  readonly hint?: string
}

/** Whether what failed may end otherwise when it is tried again. */
export interface AnotherTry {
  readonly passing: boolean
  /** In how many milliseconds, where somebody said so. */
  readonly after?: number | undefined
}

/** Carries all the Problems that were found through code that cannot return them. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problems: readonly Problem[]
  /** What is known of another try; left out where the codes say enough. */
  readonly another?: AnotherTry | undefined
  constructor(problems: Problem | readonly Problem[], another?: AnotherTry) {
    const list = 'code' in problems ? [problems] : problems
    super(list.map(problemLine).join('\n'))
    this.problems = list
    if (another) this.another = another
  }
}

/** A bug of Sluice's own, not the user's: thrown, and says how to report it. */
export class InternalError extends Error {
  override readonly name = 'InternalError'
  constructor(message: string, options?: { cause?: unknown }) {
    super(`${message} (this is a bug of Sluice: please report it with this text)`, options)
  }
}

/** `file:line:column`, as editors and terminals link it. */
export function placeText(where: Place): string {
  const line = where.line === undefined ? '' : `:${where.line}`
  return `${where.file}${line}${where.line !== undefined && where.column !== undefined ? `:${where.column}` : ''}`
}

/** One Problem in one line, without its hint. */
function problemLine(problem: Problem): string {
  return `${problem.where ? `${placeText(problem.where)}: ` : ''}${problem.message} [${problem.code}]`
}

/** Orders Problems by file, then line, then column; those without a place come last. */
export function orderProblems(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => {
    if (!a.where || !b.where) return Number(!a.where) - Number(!b.where)
    return (
      a.where.file.localeCompare(b.where.file, 'en') ||
      (a.where.line ?? 0) - (b.where.line ?? 0) ||
      (a.where.column ?? 0) - (b.where.column ?? 0)
    )
  })
}

/** The Problems in whatever was thrown, or undefined when it is not the user's mistake. */
export function problemsOf(error: unknown): readonly Problem[] | undefined {
  // By name, not by `instanceof`: a project may hold two copies of Sluice.
  const carrier = error instanceof Error && error.name === 'ProblemError' && 'problems' in error
  return carrier ? (error as ProblemError).problems : undefined
}

/** What is known of another try of what was thrown. */
export function anotherTryOf(error: unknown): AnotherTry | undefined {
  return problemsOf(error) ? (error as ProblemError).another : undefined
}

/** What work gives; undefined when it fails with Problems. Any other error is thrown on. */
export async function unlessProblem<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (problemsOf(error)) return undefined
    throw error
  }
}
