import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'
import { partitionOption, requirePartition } from './partition-option.ts'
import type { PartitionFilter } from '../run/lake-partitions.ts'

interface PathFlags extends ProjectFlags {
  readonly json?: true
  readonly partition?: PartitionFilter
}

export function pathCommand(cli: Cli): Command {
  return withProject(new Command('path'))
    .description('print the Parquet files of a table, one path a line')
    .argument('<table>', "such as silver.trips, silver.trips@3 or silver.trips@'2026-01-31'")
    .addOption(partitionOption())
    .option('--json', 'one JSON array')
    .action(async (table: string, flags: PathFlags) => {
      const { openLake } = await import('../run/open-lake.ts')
      const lake = await openLake(projectOptions(flags))
      try {
        const open = lake.table(table)
        await requirePartition(open, flags.partition)
        const files = await open.files(flags)
        cli.out.data(flags.json ? `${JSON.stringify(files)}\n` : files.map((file) => `${file}\n`).join(''))
      } finally {
        await lake.close()
      }
    })
}
