import { Command } from 'commander'
import type { RollbackPlan, RollbackResult } from '../run/rollback.ts'
import type { Cli } from './cli.ts'
import { moveHeads, type Move } from './move-heads.ts'
import { countOption, projectOptions, withPlace } from './options.ts'

interface RollbackFlags {
  readonly to: number
  readonly dryRun?: true
  readonly yes?: true
  /** Commander gives false for `--no-hold`. */
  readonly hold?: boolean
  readonly json?: true
  readonly project?: string
  readonly storage?: string
}

export function rollbackCommand(cli: Cli): Command {
  return withPlace(new Command('rollback'))
    .description('make all tables of an environment what they were at a commit; history stays')
    .argument('<env>')
    .addOption(countOption('--to <commit>', 'a number of `sluice log`').makeOptionMandatory())
    .option('--no-hold', 'let the next run compute what goes back anew')
    .option('--dry-run', 'only show what would change')
    .option('--yes', 'do not ask; needed where there is no terminal')
    .option('--json', 'one JSON object')
    .action((env: string, flags: RollbackFlags) => rollBack(env, flags, cli))
}

async function rollBack(env: string, flags: RollbackFlags, cli: Cli): Promise<void> {
  const { rollback } = await import('../run/rollback.ts')
  const { rollbackText, rolledBackText } = await import('../report/promote-text.ts')
  const options = {
    ...projectOptions(flags),
    to: flags.to,
    ...(flags.hold === false && { hold: false }),
    ...(flags.dryRun && { dryRun: true }),
  }
  const move: Move<RollbackPlan, RollbackResult> = {
    work: (confirm) => rollback(env, { ...options, confirm }),
    question: `Roll ${env} back to commit ${flags.to}`,
    planText: rollbackText,
    endText: rolledBackText,
  }
  await moveHeads(move, flags, cli)
}
