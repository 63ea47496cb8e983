import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { confirmed } from './confirm.ts'
import { placeOptions } from './env.ts'
import { tellProblems } from './failure.ts'
import { countOption } from './options.ts'

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
  return new Command('rollback')
    .description('make all tables of an environment what they were at a commit; history stays')
    .argument('<env>')
    .addOption(countOption('--to <commit>', 'a number of `sluice log`').makeOptionMandatory())
    .option('--no-hold', 'let the next run compute what goes back anew')
    .option('--dry-run', 'only show what would change')
    .option('--yes', 'do not ask; needed where there is no terminal')
    .option('--json', 'one JSON object')
    .option('--storage <name>', 'a file of storage/ without its ending')
    .option('--project <folder>', 'the project; found upwards from here when left out')
    .action((env: string, flags: RollbackFlags) => rollBack(env, flags, cli))
}

async function rollBack(env: string, flags: RollbackFlags, cli: Cli): Promise<void> {
  const { rollback } = await import('../run/rollback.ts')
  const { rollbackText, rolledBackText } = await import('../report/promote-text.ts')
  const style = { width: cli.out.width, paint: cli.out.paint }
  const { yes = false, json } = flags
  let shown = false
  const result = await rollback(env, {
    ...placeOptions(flags),
    to: flags.to,
    ...(flags.hold === false && { hold: false }),
    ...(flags.dryRun && { dryRun: true }),
    confirm: (plan) => {
      if (!json) cli.out.write(rollbackText(plan, style))
      shown = true
      return confirmed(`Roll ${env} back to commit ${flags.to}`, yes, cli, '--dry-run')
    },
  })
  const { outcome, plan } = result
  if (outcome === 'refused') cli.exit(1)
  if (outcome === 'declined') cli.exit(130)
  if (json) return cli.out.write(`${JSON.stringify(result)}\n`)
  if (!shown) cli.out.write(rollbackText(plan, style))
  tellProblems(plan.problems, cli, false)
  if (result.warnings) tellProblems(result.warnings, cli, false)
  cli.out.write(rolledBackText(result))
}
