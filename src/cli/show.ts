import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { countOption, projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'
import { partitionOption } from './partition-option.ts'
import type { PartitionFilter } from '../run/lake-partitions.ts'

interface ShowFlags extends ProjectFlags {
  readonly json?: true
  readonly csv?: true
  readonly rows?: number
  readonly partition?: PartitionFilter
  /** `true`: of all checks. */
  readonly failures?: string | true
}

export function showCommand(cli: Cli): Command {
  return withProject(new Command('show'))
    .description('show a table: its columns with a profile, and its first rows')
    .argument('<table>', "such as silver.trips, silver.trips@3 or silver.trips@'2026-01-31'")
    .addOption(countOption('--rows <n>', 'how many rows; 10 when left out'))
    .addOption(partitionOption())
    .option('--failures [check]', 'rows that break its data checks, as the last run kept them')
    .option('--json', 'one JSON object')
    .option('--csv', 'with --failures: CSV')
    .action(async (table: string, flags: ShowFlags) => {
      const { openLake } = await import('../run/open-lake.ts')
      const { describeTable, shownText } = await import('./show-table.ts')
      const lake = await openLake(projectOptions(flags))
      try {
        if (flags.failures !== undefined) {
          const { showFailures } = await import('./show-failures.ts')
          return await showFailures(lake, table, flags, cli)
        }
        const shown = await describeTable(lake, table, flags.rows ?? 10, {
          ...projectOptions(flags),
          ...(flags.partition && { partition: flags.partition }),
        })
        if (flags.json) cli.out.data(`${JSON.stringify(shown)}\n`)
        else cli.out.write(shownText(shown, cli.out))
      } finally {
        await lake.close()
      }
    })
}
