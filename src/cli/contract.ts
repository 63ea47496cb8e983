import { Command } from 'commander'
import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { plural } from '../report/amount.ts'
import type { Cli } from './cli.ts'
import { projectOptions } from './options.ts'
import { withReports, type ReportFlags } from './report-options.ts'
import type { Found } from './reports.ts'

interface LockFlags {
  readonly project?: string
  readonly check?: true
  readonly breaking?: string
  readonly json?: true
}

interface DiffFlags extends ReportFlags {
  readonly project?: string
  readonly storage?: string
  readonly git?: string
  readonly env?: string
  readonly json?: true
}

const kinds = ['lock', 'diff']

/** `sluice contract lock` and `sluice contract diff`. */
export function contractCommand(cli: Cli): Command {
  return new Command('contract')
    .description('keep the contracts of tables under version control, and say what changes break')
    .usage('<command> [options]')
    .argument('[what]')
    .action(refuse)
    .addCommand(lockCommand(cli))
    .addCommand(diffCommand(cli))
}

function refuse(what: string | undefined): never {
  throw new ProblemError({
    code: 'project/usage',
    message:
      what === undefined
        ? 'what to do with the contracts is not said'
        : `there is no 'sluice contract ${what}'`,
    hint: (what === undefined ? undefined : didYouMean(what, kinds)) ?? 'say sluice contract lock or diff',
  })
}

function lockCommand(cli: Cli): Command {
  return new Command('lock')
    .description('write the contracts of all tables that steps write to contracts/, as ODCS v3.1.0')
    .option('--check', 'write nothing; exit with 1 when the lock is not what the code says')
    .option('--breaking <why>', 'take on breaking changes, with the reason that the lock keeps')
    .option('--json', 'one JSON object for each change and each file')
    .option('--project <folder>', 'the project; found upwards from here when left out')
    .action((flags: LockFlags) => lock(flags, cli))
}

async function lock(flags: LockFlags, cli: Cli): Promise<void> {
  const { check, breaking, json } = flags
  const why = breaking?.trim()
  if (why === '' || (check && why !== undefined)) {
    throw new ProblemError({
      code: 'project/usage',
      message: check
        ? '--check writes nothing, so that --breaking means nothing'
        : '--breaking wants the reason',
      hint: 'such as --breaking "fares are sums of floats since the new meter"',
    })
  }
  const { lockPlan, writeLock } = await import('../run/contract-diff.ts')
  const { changesText, countsText, writesText } = await import('../report/contract-text.ts')
  const plan = await lockPlan(projectOptions(flags), why)
  const { changes, writes } = plan
  const { out, err } = cli
  const judged = changes.map((change) => ({
    ...change,
    acknowledged: change.level === 'breaking' && why !== undefined ? { why } : undefined,
  }))
  // The first lock of all is no news: its files say it.
  const news = judged.filter(({ kind }) => kind !== 'table-added')
  const refused = !check && why === undefined && changes.some(({ level }) => level === 'breaking')
  if (!check && !refused) await writeLock(plan)
  if (json) {
    for (const change of judged) out.data(`${JSON.stringify({ change })}\n`)
    for (const { table, file, from, to } of writes) out.data(`${JSON.stringify({ file, table, from, to })}\n`)
  } else {
    out.write(changesText(news, out.paint))
    if (!refused) out.write(writesText(writes, out.paint))
    if (writes.length === 0) out.write('the lock is what the code says\n')
  }
  if (refused) {
    err.write(
      `nothing was written: ${countsText(changes)}. If readers can bear it: sluice contract lock --breaking "<why>"\n`,
    )
  }
  if (check && writes.length > 0) err.write('the lock is not what the code says: run sluice contract lock\n')
  if (refused || (check && writes.length > 0)) cli.exit(1)
}

function diffCommand(cli: Cli): Command {
  return withReports(new Command('diff'))
    .description('say what changed in the contracts since the lock, and whom it breaks')
    .option('--git <revision>', 'compare with the lock at a git revision, such as origin/main')
    .option('--env <name>', 'compare with what an environment has published')
    .option('--json', 'one JSON object for each change')
    .option('--storage <name>', 'a file of storage/ without its ending')
    .option('--project <folder>', 'the project; found upwards from here when left out')
    .action(async (flags: DiffFlags) => {
      const { openReports } = await import('./reports.ts')
      const project = flags.project === undefined ? {} : { project: flags.project }
      const reports = await openReports(flags, cli, { ...project, json: flags.json === true })
      await reports.around(() => diff(flags, reports.cli))
    })
}

async function diff(flags: DiffFlags, cli: Cli): Promise<Found> {
  const { git, env, project, storage, json } = flags
  if (git !== undefined && env !== undefined)
    throw new ProblemError({ code: 'project/usage', message: '--git and --env do not go together' })
  const { contractDiff } = await import('../run/contract-diff.ts')
  const { unacknowledged } = await import('../check/acknowledge.ts')
  const { changesText, countsText } = await import('../report/contract-text.ts')
  const options = projectOptions({
    ...(project !== undefined && { project }),
    ...(storage !== undefined && { storage }),
  })
  const { changes, against, tables, notes } = await contractDiff(options, {
    ...(git !== undefined && { git }),
    ...(env !== undefined && { env }),
  })
  const { out, err } = cli
  const open = unacknowledged(changes).length
  for (const note of notes) err.write(`${note}\n`)
  if (json) for (const change of changes) out.data(`${JSON.stringify({ change })}\n`)
  else {
    out.write(changesText(changes, out.paint))
    out.write(`${countsText(changes)} against ${against} (${plural(tables, 'table')})\n`)
    if (open > 0 && env === undefined)
      err.write(`${open} breaking, not acknowledged: sluice contract lock --breaking "<why>" takes it on\n`)
  }
  if (open > 0) cli.exit(1)
  const { changeProblems } = await import('../report/contract-text.ts')
  const problems = changeProblems(changes)
  return { problems, ...(problems.length === 0 && { files: ['contracts'] }) }
}
