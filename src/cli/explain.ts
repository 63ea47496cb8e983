import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { projectOptions, tellsReading, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'

interface ExplainFlags extends ProjectFlags {
  readonly flow?: string
  readonly json?: true
}

export function explainCommand(cli: Cli): Command {
  return withProject(new Command('explain'))
    .description('say why a step would run or is fresh, as a tree of causes')
    .argument('<step>', 'a step, its notebook or a table that it writes, or a delivery')
    .option('--flow <name>', 'the flow of the step, when several have one of that name')
    .option('--json', 'one JSON object')
    .action(async (step: string, flags: ExplainFlags) => {
      const { explain } = await import('../run/explain.ts')
      const explanation = await explain(flags.flow ?? [], step, {
        ...projectOptions(flags),
        onReading: tellsReading(cli),
      })
      if (flags.json) return cli.out.data(`${JSON.stringify(explanation)}\n`)
      const { explainText } = await import('../report/explain-text.ts')
      cli.out.write(explainText(explanation, { paint: cli.out.paint }))
    })
}
