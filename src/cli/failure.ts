import { CommanderError } from 'commander'
import { problemsOf } from '../base/problem.ts'
import type { Problem } from '../base/problem.ts'
import { problemJson } from '../report/json.ts'
import { problemsText } from '../report/problems-text.ts'
import { machineProblem } from '../storage/fault.ts'
import type { Cli, ExitCode } from './cli.ts'

/**
 * Tells what a command threw, and gives the exit code: Problems with their places (as JSON lines on stdout for
 * `--json`), and anything else as our bug, whose stack is shown with SLUICE_DEBUG=1. `help` is what tells the
 * options of the command.
 */
export function tellFailure(
  error: unknown,
  cli: Cli,
  json: boolean,
  help = 'sluice <command> --help',
): ExitCode {
  // Help and version also end by throwing.
  if (error instanceof CommanderError && error.exitCode === 0) return 0
  if (isCancelled(error)) return 130
  const ofMachine = machineProblem(error)
  const problems =
    error instanceof CommanderError
      ? [usageProblem(error, help)]
      : (problemsOf(error) ?? (ofMachine && [ofMachine]))
  if (problems !== undefined) {
    tellProblems(problems, cli, json)
    return 2
  }
  tellBug(error, cli)
  return 2
}

/** Whether something was thrown because the user stopped it. */
export function isCancelled(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'Cancelled')
}

/** Prints Problems: on stderr for people, on stdout as lines for programs. */
export function tellProblems(problems: readonly Problem[], cli: Cli, json: boolean): void {
  if (json) for (const problem of problems) cli.out.data(problemJson(problem))
  else if (problems.length > 0) cli.err.write(problemsText(problems, cli.err.paint))
}

/** What commander says of wrong usage, as a Problem. Its text is `error: ...` with `(Did you mean ...?)` below. */
function usageProblem({ message }: CommanderError, help: string): Problem {
  const [first = '', ...rest] = message.split('\n')
  const hint = /\((Did you mean .*)\)/.exec(rest.join(' '))?.[1]
  return {
    code: 'project/usage',
    message: first.replace(/^error: /, ''),
    hint: hint === undefined ? `\`${help}\` tells the options` : hint.replace(/^D/, 'd'),
  }
}

function tellBug(error: unknown, cli: Cli): void {
  const cause = error instanceof Error ? error : new Error(String(error))
  const report =
    cause.name === 'InternalError' ? '' : ' (this is a bug of Sluice: please report it with this text)'
  cli.err.write(`${cli.err.paint.red('internal error:')} ${cause.message}${report}\n`)
  if (process.env['SLUICE_DEBUG'] === '1') cli.err.write(`${cause.stack ?? 'no stack'}\n`)
  else cli.err.write('  hint: SLUICE_DEBUG=1 shows where it happened\n')
}
