import { Command, Option } from 'commander'
import { parseDuration } from '../base/duration.ts'
import { ProblemError, type Problem } from '../base/problem.ts'
import type { Cli } from './cli.ts'
import { projectOptions } from './options.ts'
import { withReports, type ReportFlags } from './report-options.ts'
import type { Found } from './reports.ts'

interface CheckFlags extends ReportFlags {
  readonly project?: string
  readonly format: string
  readonly json?: true
  readonly strict?: true
  readonly dry?: true
  readonly limit?: number
}

export function checkCommand(cli: Cli): Command {
  return withReports(new Command('check'))
    .description('find mistakes in flows, notebooks and queries, without any data')
    .argument('[target...]', 'flows or notebooks, by name or file; the whole project when left out')
    .addOption(new Option('--format <name>', 'how Problems are told: text, json').default('text'))
    .option('--json', 'one JSON object for each Problem; the same as --format json')
    .option('--dry', 'also run the code of `run` notebooks, on empty inputs; nothing is kept')
    .option('--strict', 'warnings are mistakes')
    .addOption(limitOption())
    .option('--project <folder>', 'the project; found upwards from here when left out')
    .action(async (targets: readonly string[], flags: CheckFlags) => {
      const { openReports } = await import('./reports.ts')
      const json = flags.json ?? flags.format === 'json'
      const project = flags.project === undefined ? {} : { project: flags.project }
      const reports = await openReports(flags, cli, { ...project, json, command: 'check' })
      await reports.around(() => check(targets, flags, reports.cli))
    })
}

/** Exit code 2 for mistakes: the project is invalid. Warnings alone are good, unless they are said to count. */
async function check(words: readonly string[], flags: CheckFlags, cli: Cli): Promise<Found> {
  const { checkFormats } = await import('../report/check-formats.ts')
  const name = flags.json ? 'json' : flags.format
  const format = Object.hasOwn(checkFormats, name) ? checkFormats[name] : undefined
  if (!format) throw await unknownFormat(name, Object.keys(checkFormats))
  const { checkProject } = await import('../run/check.ts')
  const { targetsHere } = await import('./targets.ts')
  const targets = await targetsHere(words, flags)
  const result = await checkProject({
    ...projectOptions(flags),
    targets,
    ...(flags.dry && { dry: true }),
    ...(flags.limit !== undefined && { loadLimit: flags.limit }),
  })
  const text = format(result, cli.out.paint)
  if (name === 'text') cli.out.write(text)
  else cli.out.data(text)
  if (result.problems.some(({ severity }) => flags.strict || severity !== 'warn')) cli.exit(2)
  return {
    problems: flags.strict ? result.problems.map(asMistake) : result.problems,
    files: [...new Set(result.steps.map(({ file }) => file))],
  }
}

function asMistake(problem: Problem): Problem {
  const { severity, ...mistake } = problem
  return severity === undefined ? problem : mistake
}

function limitOption(): Option {
  const option = new Option('--limit <time>', 'how long a module may take to load; 30s when left out')
  return option.argParser((text: string) => {
    const ms = parseDuration(text)
    if (ms !== undefined) return ms
    throw new ProblemError({
      code: 'project/usage',
      message: `--limit ${text}: a length of time is expected, such as 30s`,
    })
  })
}

async function unknownFormat(name: string, known: readonly string[]): Promise<Error> {
  const { didYouMean } = await import('../base/suggest.ts')
  const hint = didYouMean(name, known) ?? `known are ${known.join(', ')}`
  return new ProblemError({ code: 'project/usage', message: `there is no format '${name}'`, hint })
}
