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
    .description('say what a table, step or column is made from, and what reads it')
    .argument('[name]', 'a table, source or step, or a column: silver.trips.fare; all steps when left out')
    .option('--json', 'one JSON object for each step, or one for a column')
    .option('--mermaid', 'a Mermaid flowchart')
    .action(async (name: string | undefined, flags: LineageFlags) => {
      const { declaredFlows } = await import('../run/lake-declared.ts')
      const { lineageOf } = await import('../run/lake-lineage.ts')
      const { lineageList, lineageMermaid, lineageText } = await import('../report/lineage-text.ts')
      const { isNamed, stepsAround } = await import('../report/lineage-graph.ts')
      const all = lineageOf(await declaredFlows(projectOptions(flags)))
      if (name !== undefined && !isNamed(all, name)) return ofColumn(name, flags, cli)
      const steps = name === undefined ? all : stepsAround(all, name)
      const { out } = cli
      if (flags.json) steps.forEach((step) => out.data(`${JSON.stringify(step)}\n`))
      else if (flags.mermaid) out.write(lineageMermaid(steps))
      else out.write(name === undefined ? lineageList(all, out) : lineageText(all, name, out))
    })
}

/** Columns need the queries of all notebooks: they are rendered and bound. */
async function ofColumn(name: string, flags: LineageFlags, cli: Cli): Promise<void> {
  const { lineage } = await import('../run/lineage.ts')
  const found = await lineage(name, projectOptions(flags))
  const { out } = cli
  if (flags.json) out.data(`${JSON.stringify(found)}\n`)
  else if (flags.mermaid) {
    const { columnMermaid } = await import('../report/column-mermaid.ts')
    out.write(columnMermaid(found.of, found.edges))
  } else {
    const { columnLineageText } = await import('../report/column-lineage-text.ts')
    out.write(columnLineageText(found, out))
  }
  tellMistakes(found.problems.length, cli)
}

/** Beside the answer, since what is wrong may be missing in it. */
export function tellMistakes(count: number, { err }: Cli): void {
  if (count > 0) err.write(`the project has mistakes, so parts may be missing: \`sluice check\` tells them\n`)
}
