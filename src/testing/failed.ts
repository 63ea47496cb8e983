import { ProblemError, type Problem } from '../base/problem.ts'
import { problemsText } from '../report/problems-text.ts'

/** Problems in a test: with the rows that break a contract and the hints, which a test runner prints. */
export class TestProblems extends ProblemError {
  constructor(problems: readonly Problem[]) {
    super(problems)
    this.message = `\n${problemsText(problems).trimEnd()}`
  }
}

/** A notebook did something else than its test expects. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected'
  constructor(message: string) {
    super(`\n${message}`)
  }
}

/** Frames of the caller, taken before anything is awaited: an editor then opens the line of the test. */
export type CallStack = { readonly stack?: string }

/** @param below what the frames of the kit's own methods are called by */
export function callStack(below: string): CallStack {
  const lines = new Error('call').stack?.split('\n') ?? []
  const last = lines.findLastIndex((line) => line.includes(below))
  return { stack: [lines[0], ...lines.slice(last + 1)].join('\n') }
}

/** The error as if it had been thrown where the test calls. */
export function thrownAt(error: Error, { stack }: CallStack): Error {
  const frames = stack?.split('\n').slice(1) ?? []
  if (frames.length > 0) error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n')
  return error
}
