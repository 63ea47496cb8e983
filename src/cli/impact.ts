import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { tellMistakes } from './lineage.ts'
import { projectOptions } from './options.ts'

interface ImpactFlags {
  readonly project?: string
  readonly json?: true
  readonly mermaid?: true
}

export function impactCommand(cli: Cli): Command {
  return new Command('impact')
    .description('say what a change of a table or column would reach, without any data')
    .argument('<name>', 'a table or source, or a column of it: silver.trips.fare')
    .option('--json', 'one JSON object')
    .option('--mermaid', 'a Mermaid flowchart')
    .option('--project <folder>', 'the project; found upwards from here when left out')
    .action(async (name: string, flags: ImpactFlags) => {
      const { impact } = await import('../run/lineage.ts')
      const found = await impact(name, projectOptions(flags))
      const { out } = cli
      if (flags.json) out.data(`${JSON.stringify(found)}\n`)
      else if (flags.mermaid) {
        const { columnMermaid } = await import('../report/column-mermaid.ts')
        out.write(columnMermaid([], found.edges))
      } else {
        const { impactText } = await import('../report/impact-text.ts')
        out.write(impactText(found, out))
      }
      tellMistakes(found.problems.length, cli)
    })
}
