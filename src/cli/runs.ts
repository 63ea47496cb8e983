import { Command } from 'commander'
import { ProblemError } from '../base/problem.ts'
import { eventLine } from '../report/json.ts'
import { tableLines, type TextColumn } from '../report/table-text.ts'
import { textReport } from '../report/text.ts'
import { agoText, durationText } from '../report/time.ts'
import type { RunEvent, RunSummary } from '../run/events.ts'

import type { OpenLake } from '../run/open-lake.ts'
import type { Cli } from './cli.ts'
import { countOption, projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'
import { withReports } from './report-options.ts'
import type { ReportFlags } from './report-options.ts'

interface RunsFlags extends ProjectFlags, ReportFlags {
  readonly limit?: number
  readonly json?: true
}

const fewest = 20

export function runsCommand(cli: Cli): Command {
  return withReports(withProject(new Command('runs')))
    .description('list the last runs, or tell one again with all that its steps printed')
    .argument('[run]', 'the id of a run, or the beginning of one')
    .addOption(countOption('--limit <n>', `at most so many; ${fewest} when left out`))
    .option('--json', 'one JSON object for each run, or for each event of one')
    .action(async (run: string | undefined, flags: RunsFlags) => {
      const { openLake } = await import('../run/open-lake.ts')
      const lake = await openLake(projectOptions(flags))
      try {
        if (run === undefined && flags.report) throw noRun()
        if (run === undefined) await list(lake, flags, cli)
        else await tell(lake, run, flags, cli)
      } finally {
        await lake.close()
      }
    })
}

async function tell(lake: OpenLake, run: string, flags: RunsFlags, cli: Cli): Promise<void> {
  const { openReports } = await import('./reports.ts')
  const reports = await openReports(flags, cli, flags)
  await reports.around(async () => {
    const events = await lake.events(run)
    events.forEach(reports.event)
    tellEvents(events, flags, reports.cli)
  })
}

function tellEvents(events: readonly RunEvent[], flags: RunsFlags, { out, err }: Cli): void {
  if (events.length === 0) return err.write('That run had nothing to do: only its summary is kept.\n')
  const report = textReport({ line: (text) => out.write(`${text}\n`), paint: out.paint })
  for (const event of events) {
    if (flags.json) out.data(eventLine(event))
    else report.event(event)
  }
}

function noRun(): ProblemError {
  return new ProblemError({
    code: 'project/usage',
    message: '--report is for one run',
    hint: 'name it: sluice runs <run> --report junit=out/run.xml',
  })
}

async function list(lake: OpenLake, flags: RunsFlags, { out, err }: Cli): Promise<void> {
  const runs = await lake.runs({ limit: flags.limit ?? fewest })
  if (flags.json) return runs.forEach((run) => out.data(`${JSON.stringify(run)}\n`))
  if (runs.length === 0) return err.write(`No run is recorded in ${lake.where}: \`sluice run\` starts one.\n`)
  const now = new Date()
  const rows = runs.map((run) => [
    run.run,
    agoText(run.at, now),
    run.flows.join(', '),
    run.env,
    run.ended === undefined ? '' : durationText(Date.parse(run.ended) - Date.parse(run.at)),
    endText(run),
  ])
  const columns: readonly TextColumn[] = [
    { title: 'run', cut: 'end' },
    { title: 'when' },
    { title: 'flow' },
    { title: 'env', minor: true },
    { title: 'time', minor: true },
    { title: 'steps' },
  ]
  out.write(`${tableLines(columns, rows, { width: out.width, paint: out.paint }).join('\n')}\n`)
}

function endText({ counts }: RunSummary): string {
  if (counts === undefined) return 'did not end'
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ')
}
