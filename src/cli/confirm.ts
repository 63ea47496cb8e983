import { createInterface } from 'node:readline/promises'
import { isatty } from 'node:tty'
import { ProblemError } from '../base/problem.ts'
import type { Cli } from './cli.ts'

/**
 * Asks before something that readers of an environment see. `--yes` answers; where nobody can be asked, a Problem
 * says that nothing was done, so that no job takes a plan for the deed.
 *
 * @param question ends without a mark, such as `Promote to prod`
 * @param look what only looks, where there is such an option
 */
export async function confirmed(
  question: string,
  yes: boolean,
  cli: Cli,
  look?: '--dry-run',
): Promise<boolean> {
  if (yes) return true
  if (!isatty(0) || !cli.err.isTerminal) {
    throw new ProblemError({
      code: 'project/usage',
      message: 'nothing was done: there is no terminal to ask on',
      hint: look === undefined ? 'add --yes to do it' : `add --yes to do it, or ${look} to only look`,
    })
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await asking.question(`${question}? [y/N] `, { signal: cli.signal() })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    asking.close()
  }
}
