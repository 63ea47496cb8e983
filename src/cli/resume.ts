import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'
import { withReports } from './report-options.ts'
import type { ReportFlags } from './report-options.ts'
import type { Reports } from './reports.ts'
import { codeOf, reportTo } from './run.ts'

interface ResumeFlags extends ProjectFlags, ReportFlags {
  readonly json?: true
  readonly quiet?: true
}

export function resumeCommand(cli: Cli): Command {
  return withReports(withProject(new Command('resume')))
    .description('continue a run that did not finish, as it was asked for, without what it has done')
    .argument('[run]', 'the id of a run, or the beginning of one; the last that did not finish when left out')
    .option('--json', 'one JSON object for each event')
    .option('--quiet', 'leave out what steps print')
    .action(async (run: string | undefined, flags: ResumeFlags) => {
      const { openReports } = await import('./reports.ts')
      const reports = await openReports(flags, cli, { ...flags, command: 'run' })
      await reports.around(() => resumeRun(run, flags, reports))
    })
}

async function resumeRun(
  run: string | undefined,
  flags: ResumeFlags,
  { cli, event }: Reports,
): Promise<void> {
  const text = await reportTo(cli, flags)
  try {
    const { resume } = await import('../run/resume.ts')
    const resumed = await resume(run, {
      ...projectOptions(flags),
      signal: cli.signal(),
      onEvent(happened) {
        event(happened)
        text.event(happened)
      },
    })
    if ('result' in resumed) return cli.exit(codeOf(resumed.result))
    const { finished } = resumed
    const said = finished === undefined ? 'every run has finished' : `run ${finished.run} has finished`
    cli.err.write(`Nothing to resume: ${said}.\n`)
  } finally {
    text.close()
  }
}
