import { Command, Option } from 'commander'
import type { PromotePlan } from '../run/promote-plan.ts'
import type { PromoteResult } from '../run/promote.ts'
import type { Cli } from './cli.ts'
import { moveHeads, type Move } from './move-heads.ts'
import { projectOptions, withPlace } from './options.ts'

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
  return withPlace(new Command('promote'))
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
    .action((from: string, flags: PromoteFlags) => promoteNow(from, flags, cli))
}

async function promoteNow(from: string, flags: PromoteFlags, cli: Cli): Promise<void> {
  const { promote } = await import('../run/promote.ts')
  const { promoteText, promotedText } = await import('../report/promote-text.ts')
  const options = {
    ...projectOptions(flags),
    ...(flags.tables && { tables: flags.tables }),
    ...(flags.dryRun && { dryRun: true }),
    ...(flags.data === false && { examples: false as const }),
  }
  const move: Move<PromotePlan, PromoteResult> = {
    work: (confirm) => promote(from, flags.to, { ...options, confirm }),
    question: `Promote ${from} to ${flags.to}`,
    planText: promoteText,
    endText: promotedText,
  }
  await moveHeads(move, flags, cli)
}

/** Names with commas between them, for an option that may be given several times. */
function namesOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    ...text.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()])),
  ])
}
