import { Command, Option } from 'commander'
import type { PromoteResult } from '../run/promote.ts'
import type { Cli } from './cli.ts'
import { confirmed } from './confirm.ts'
import { placeOptions } from './env.ts'
import { tellProblems } from './failure.ts'

interface PromoteFlags {
  readonly to: string
  readonly tables?: readonly string[]
  readonly dryRun?: true
  readonly yes?: true
  /** Commander gives false for `--no-data`. */
  readonly data?: boolean
  readonly json?: true
  readonly project?: string
  readonly storage?: string
}

export function promoteCommand(cli: Cli): Command {
  return new Command('promote')
    .description('make the versions of one environment those of another, in one commit')
    .argument('<from>', 'the environment whose versions are taken')
    .requiredOption('--to <env>', 'the environment that gets them')
    .addOption(
      namesOption('--tables <names>', 'only these, with commas between; all that differ when left out'),
    )
    .option('--dry-run', 'only show what would change')
    .option('--yes', 'do not ask; needed where there is no terminal')
    .option('--no-data', 'do not compare rows')
    .option('--json', 'one JSON object')
    .option('--storage <name>', 'a file of storage/ without its ending')
    .option('--project <folder>', 'the project; found upwards from here when left out')
    .action((from: string, flags: PromoteFlags) => promoteNow(from, flags, cli))
}

async function promoteNow(from: string, flags: PromoteFlags, cli: Cli): Promise<void> {
  const { promote } = await import('../run/promote.ts')
  const { promoteText, promotedText } = await import('../report/promote-text.ts')
  const style = { width: cli.out.width, paint: cli.out.paint }
  const { yes = false, json } = flags
  let shown = false
  const result: PromoteResult = await promote(from, flags.to, {
    ...placeOptions(flags),
    ...(flags.tables && { tables: flags.tables }),
    ...(flags.dryRun && { dryRun: true }),
    ...(flags.data === false && { examples: false as const }),
    confirm: (plan) => {
      if (!json) cli.out.write(promoteText(plan, style))
      shown = true
      return confirmed(`Promote ${from} to ${flags.to}`, yes, cli, '--dry-run')
    },
  })
  const { outcome, plan } = result
  if (outcome === 'refused') cli.exit(1)
  if (outcome === 'declined') cli.exit(130)
  if (json) return cli.out.write(`${JSON.stringify(result)}\n`)
  if (!shown) cli.out.write(promoteText(plan, style))
  tellProblems(plan.problems, cli, false)
  if (result.warnings) tellProblems(result.warnings, cli, false)
  cli.out.write(promotedText(result))
}

/** Names with commas between them, for an option that may be given several times. */
function namesOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    ...text.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()])),
  ])
}
