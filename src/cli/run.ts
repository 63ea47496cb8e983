import { Command } from 'commander'
import { ProblemError } from '../base/problem.ts'
import type { RunEvent } from '../run/events.ts'
import type { RunOptions, RunResult } from '../run/options.ts'
import type { Cli } from './cli.ts'
import { tellProblems } from './failure.ts'
import { countOption, selectOptions, withSelect } from './options.ts'
import type { SelectFlags } from './options.ts'
import { withReports } from './report-options.ts'
import type { ReportFlags } from './report-options.ts'
import type { Reports } from './reports.ts'

interface RunFlags extends SelectFlags, ReportFlags {
  readonly all?: true
  readonly dryRun?: true
  readonly json?: true
  readonly concurrency?: number
  readonly keepGoing?: true
  readonly failFast?: true
  /** Commander gives false for `--no-cache`. */
  readonly cache?: boolean
  readonly quiet?: true
  readonly watch?: true
  readonly sample?: number
  readonly help?: true
}

const notes = `
Deliveries are steps: they run after the commit of their tables, in the lake's default
environment (prod), or in those that they name. Steps that work by partition compute the
partitions that changed; \`sluice backfill\` those that came late. Files of a source with
an archive are moved when the step that read them is committed, in prod alone.`

export function runCommand(cli: Cli): Command {
  return (
    withReports(withSelect(new Command('run')))
      .description('run what is stale: all flows, those that are named, or one notebook')
      .argument('[target...]', 'flows, or one notebook, by name or file')
      .option('--all', 'all flows, as when none is named')
      .option('--dry-run', 'only say what would run, and why')
      .option('--json', 'one JSON object for each event')
      .addOption(countOption('--concurrency <n>', 'how many steps run at once, and partitions of a step'))
      .option('--keep-going', 'go on with steps that do not depend on a failed one')
      .option(
        '--fail-fast',
        'begin no step after one has failed; the default, unless sluice.yaml says otherwise',
      )
      .option('--no-cache', 'do not reuse what another environment or checkout has computed')
      .option('--quiet', 'leave out what steps print')
      .option('--watch', 'run again whenever a file of the project changes')
      .addOption(
        countOption('--sample <n>', 'for a notebook: read at most n rows of each input, and keep nothing'),
      )
      // Help also tells the args of a notebook that is named, so it is an option of our own.
      .helpOption(false)
      .option('-h, --help', 'show this help, and the args of a notebook that is named')
      .addHelpText('after', notes)
      .action(async (words: readonly string[], flags: RunFlags, self: Command) => {
        const targets =
          words.length === 0 ? words : await (await import('./targets.ts')).targetsHere(words, flags)
        if (flags.help) return help(targets, flags, self, cli)
        checkReports(flags)
        checkGoing(flags)
        if (flags.dryRun) return (await import('./plan.ts')).showPlan(targets, flags, cli)
        return start(targets, flags, cli)
      })
  )
}

async function help(targets: readonly string[], flags: RunFlags, self: Command, cli: Cli): Promise<void> {
  cli.out.write(self.helpInformation())
  const { notebookHelp } = await import('./notebook-help.ts')
  for (const target of targets) cli.out.write(await notebookHelp(target, flags, cli.out))
}

async function start(targets: readonly string[], flags: RunFlags, cli: Cli): Promise<void> {
  if (flags.all && targets.length > 0) {
    throw new ProblemError({
      code: 'project/usage',
      message: `--all stands for all flows, but ${targets.join(', ')} is named`,
    })
  }
  const notebook = (await (await import('./targets.ts')).isOneNotebook(targets, flags))
    ? targets[0]
    : undefined
  if (flags.sample !== undefined && notebook === undefined) {
    throw new ProblemError({
      code: 'project/usage',
      message: '--sample is for one notebook',
      hint: 'name the notebook: sluice run silver/clean_trips --sample 1000',
    })
  }
  if (flags.watch && notebook !== undefined) {
    throw new ProblemError({
      code: 'project/usage',
      message: `--watch runs flows, and '${notebook}' is none`,
      hint: `select it: sluice run --watch --select ${notebook}`,
    })
  }
  if (flags.watch) return watchFlows(targets, flags, cli)
  const { openReports } = await import('./reports.ts')
  const reports = await openReports(flags, cli, { ...flags, command: 'run' })
  await reports.around(() => runOnce({ targets, notebook }, flags, reports))
}

async function runOnce(
  { targets, notebook }: { readonly targets: readonly string[]; readonly notebook: string | undefined },
  flags: RunFlags,
  { cli, event }: Reports,
): Promise<void> {
  const text = await reportTo(cli, flags)
  const options = runOptions(flags, cli, (happened) => {
    event(happened)
    text.event(happened)
  })
  try {
    if (notebook === undefined) {
      const { run } = await import('../run/run.ts')
      return cli.exit(codeOf(await run([...targets], options)))
    }
    const { runNotebook } = await import('../run/alone.ts')
    const result = await runNotebook(notebook, { ...options, ...(flags.sample && { sample: flags.sample }) })
    text.close()
    const { showPreviews } = await import('./previews.ts')
    showPreviews(result.previews, flags.json === true, cli)
    cli.exit(codeOf(result))
  } finally {
    text.close()
  }
}

async function watchFlows(targets: readonly string[], flags: RunFlags, cli: Cli): Promise<void> {
  const text = await reportTo(cli, flags)
  try {
    const { watch } = await import('../run/watch.ts')
    await watch([...targets], runOptions(flags, cli, text.event), (round) => {
      if ('problems' in round) tellProblems(round.problems.problems, cli, flags.json === true)
      if (!flags.json) cli.err.write(cli.err.paint.dim('Watching for changes; Ctrl-C ends.\n'))
    })
    // It only ends by being stopped.
    cli.exit(130)
  } finally {
    text.close()
  }
}

/** A report is of a run that ends; its file would also wake `--watch`. */
function checkReports({ report, watch, dryRun }: RunFlags): void {
  if (!report || !(watch || dryRun)) return
  const other = watch ? '--watch' : '--dry-run'
  throw new ProblemError({
    code: 'project/usage',
    message: `--report tells a run that has ended, and does not go with ${other}`,
  })
}

function checkGoing({ keepGoing, failFast }: RunFlags): void {
  if (!(keepGoing && failFast)) return
  const message = '--keep-going and --fail-fast say the opposite of each other'
  throw new ProblemError({ code: 'project/usage', message })
}

function runOptions(flags: RunFlags, cli: Cli, onEvent: (event: RunEvent) => void): RunOptions {
  return {
    ...selectOptions(flags),
    ...(flags.concurrency !== undefined && { concurrency: flags.concurrency }),
    ...(flags.keepGoing && { keepGoing: true }),
    ...(flags.failFast && { keepGoing: false }),
    ...(flags.cache === false && { noCache: true }),
    onEvent,
    signal: cli.signal(),
  }
}

/** The exit code of a run. */
export function codeOf(result: RunResult): 0 | 1 | 130 {
  if (result.cancelled) return 130
  return result.ok ? 0 : 1
}

/** Tells events as the flags and the terminal ask for it. */
export async function reportTo(
  cli: Cli,
  flags: Pick<RunFlags, 'quiet' | 'json'>,
): Promise<{ event: (event: RunEvent) => void; close: () => void }> {
  const { out } = cli
  const quiet = flags.quiet === true
  if (flags.json) {
    const { eventLine } = await import('../report/json.ts')
    return { event: (event) => out.data(eventLine(event)), close: () => undefined }
  }
  if (out.isTerminal && process.env['CI'] === undefined) {
    const { liveReport } = await import('../report/live.ts')
    return liveReport({ terminal: out.stream, paint: out.paint, quiet })
  }
  const { textReport } = await import('../report/text.ts')
  const report = textReport({ line: (text) => out.write(`${text}\n`), paint: out.paint, quiet })
  return { event: (event) => report.event(event), close: () => undefined }
}
