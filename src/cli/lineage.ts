import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'

interface LineageFlags extends ProjectFlags {
  readonly json?: true
  readonly mermaid?: true
}

export function lineageCommand(cli: Cli): Command {
  return withProject(new Command('lineage'))
    .description('say what a table or step is made from, and what reads it')
    .argument('[name]', 'a table, source or step; all steps when left out')
    .option('--json', 'one JSON object for each step')
    .option('--mermaid', 'a Mermaid flowchart')
    .action(async (name: string | undefined, flags: LineageFlags) => {
      const { declaredFlows } = await import('../run/lake-declared.ts')
      const { lineageOf } = await import('../run/lake-lineage.ts')
      const { lineageList, lineageMermaid, lineageText } = await import('../report/lineage-text.ts')
      const { stepsAround } = await import('../report/lineage-graph.ts')
      const all = lineageOf(await declaredFlows(projectOptions(flags)))
      const steps = name === undefined ? all : stepsAround(all, name)
      const { out } = cli
      if (flags.json) steps.forEach((step) => out.write(`${JSON.stringify(step)}\n`))
      else if (flags.mermaid) out.write(lineageMermaid(steps))
      else out.write(name === undefined ? lineageList(all) : lineageText(all, name, out.paint))
    })
}
