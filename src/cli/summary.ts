import { Command, Option } from 'commander'
import type { Cli } from './cli.ts'
import { projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'

interface SummaryFlags extends ProjectFlags {
  readonly against?: readonly string[]
  readonly json?: true
}

export function summaryCommand(cli: Cli): Command {
  const against = new Option(
    '--against <what>',
    'an environment, lock or git:<revision>; lock when left out; twice for data and contracts',
  ).argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text])
  return withProject(new Command('summary'))
    .description('say on one page of Markdown what a change means: contracts, data, what it reaches')
    .addOption(against)
    .option('--json', 'one JSON object')
    .action(async (flags: SummaryFlags) => {
      const { summary } = await import('../run/summary.ts')
      const found = await summary({
        ...projectOptions(flags),
        ...(flags.against && { against: flags.against }),
      })
      if (flags.json) return cli.out.data(`${JSON.stringify(found)}\n`)
      const { changeMarkdown } = await import('../report/change-markdown.ts')
      cli.out.write(changeMarkdown(found))
    })
}
