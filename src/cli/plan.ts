import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { selectOptions, tellsReading, withSelect } from './options.ts'
import type { SelectFlags } from './options.ts'

interface PlanFlags extends SelectFlags {
  readonly json?: true
}

export function planCommand(cli: Cli): Command {
  return withSelect(new Command('plan'))
    .description('say what a run would do, and why: steps, partitions, deliveries; runs nothing')
    .argument('[target...]', 'flows, or one notebook, by name or file; all flows when left out')
    .option('--json', 'one JSON object for each step')
    .action((targets: readonly string[], flags: PlanFlags) => showPlan(targets, flags, cli))
}

/** Prints the plan of flows; `run --dry-run` is the same. Invalid projects give exit code 2. */
export async function showPlan(targets: readonly string[], flags: PlanFlags, cli: Cli): Promise<void> {
  const { plan } = await import('../run/plan.ts')
  const { isOneNotebook, notebookHere, targetsHere } = await import('./targets.ts')
  const named = await targetsHere(targets, flags)
  const options = { ...selectOptions(flags), onReading: tellsReading(cli) }
  // A run of one notebook is that of its step.
  const made = (await isOneNotebook(named, flags))
    ? await plan([], {
        ...options,
        select: [...(options.select ?? []), await notebookHere(named[0] ?? '', flags)],
      })
    : await plan([...named], options)
  if (made.problems.length > 0) cli.exit(2)
  if (flags.json) {
    const { planJson } = await import('../report/json.ts')
    return cli.out.data(planJson(made))
  }
  const { planText } = await import('../report/plan-text.ts')
  cli.out.write(planText(made, { width: cli.out.width, paint: cli.out.paint }))
}
