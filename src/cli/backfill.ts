import { Command, Option } from 'commander'
import { plannedPartitionLines } from '../report/planned-partitions.ts'
import type { BackfillResult } from '../run/backfill.ts'
import type { Reprocess } from '../run/partition-ask.ts'
import type { Cli } from './cli.ts'
import { countOption, projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'
import { withReports } from './report-options.ts'
import type { ReportFlags } from './report-options.ts'
import type { Reports } from './reports.ts'
import { codeOf, reportTo } from './run.ts'

interface BackfillFlags extends ProjectFlags, ReportFlags {
  readonly from?: string
  readonly to?: string
  readonly reprocess?: Reprocess
  readonly dryRun?: true
  readonly maxParallel?: number
  readonly json?: true
  readonly quiet?: true
}

export function backfillCommand(cli: Cli): Command {
  return withReports(withProject(new Command('backfill')))
    .description(
      'compute partitions of a step: those that are missing or changed, late rows too; steps upstream are not run',
    )
    .argument('<step>', 'a step that works by partition, its notebook, or a table that it writes')
    .option('--from <value>', 'the first partition, such as 2019-01; from the beginning when left out')
    .option('--to <value>', 'the last partition, which is computed too; to the end when left out')
    .addOption(
      new Option('--reprocess <which>', 'missing or changed ones, those that failed, or all')
        .choices(['missing', 'failed', 'all'])
        .default('missing'),
    )
    .option('--dry-run', 'only say which partitions would be computed, and why')
    .addOption(countOption('--max-parallel <n>', 'how many partitions are computed at once'))
    .option('--json', 'one JSON object for each event, or each partition')
    .option('--quiet', 'leave out what the notebook prints')
    .action(async (step: string, flags: BackfillFlags) => {
      const { openReports } = await import('./reports.ts')
      const reports = await openReports(flags, cli, { ...flags, command: 'run' })
      await reports.around(() => start(step, flags, reports))
    })
}

async function start(step: string, flags: BackfillFlags, { cli, event }: Reports): Promise<void> {
  const text = await reportTo(cli, flags)
  const { from, to, reprocess, maxParallel, dryRun } = flags
  try {
    const { backfill } = await import('../run/backfill.ts')
    const done = await backfill(step, {
      ...projectOptions(flags),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(reprocess && { reprocess }),
      ...(maxParallel !== undefined && { maxParallel }),
      ...(dryRun && { dryRun }),
      signal: cli.signal(),
      onEvent(happened) {
        event(happened)
        text.event(happened)
      },
    })
    if (done.result) cli.exit(codeOf(done.result))
    else tell(step, done, flags, cli)
  } finally {
    text.close()
  }
}

function tell(step: string, { partitions }: BackfillResult, { json, dryRun }: BackfillFlags, cli: Cli): void {
  if (json) for (const each of partitions) cli.out.data(`${JSON.stringify(each)}\n`)
  else if (partitions.length === 0)
    cli.out.write(`Nothing to backfill: no partition of ${step} in this range is stale.\n`)
  else if (dryRun) {
    const count = `${partitions.length} ${partitions.length === 1 ? 'partition' : 'partitions'}`
    cli.out.write(`${step}: ${count} would be computed\n`)
    for (const line of plannedPartitionLines(partitions, Infinity)) cli.out.write(`  ${line}\n`)
  }
}
