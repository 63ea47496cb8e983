import { Command, Option } from 'commander'
import type { Cli } from './cli.ts'
import { projectOptions } from './options.ts'

interface CheckFlags {
  readonly project?: string
  readonly format: string
  readonly json?: true
  readonly strict?: true
}

export function checkCommand(cli: Cli): Command {
  return new Command('check')
    .description('find mistakes in flows, notebooks and queries, without any data')
    .argument('[target...]', 'flows or notebooks, by name or file; the whole project when left out')
    .addOption(new Option('--format <name>', 'how Problems are told: text, json').default('text'))
    .option('--json', 'one JSON object for each Problem; the same as --format json')
    .option('--strict', 'warnings are mistakes')
    .option('--project <folder>', 'the project; found upwards from here when left out')
    .action((targets: readonly string[], flags: CheckFlags) => check(targets, flags, cli))
}

/** Exit code 2 for mistakes: the project is invalid. Warnings alone are good, unless they are said to count. */
async function check(words: readonly string[], flags: CheckFlags, cli: Cli): Promise<void> {
  const { checkFormats } = await import('../report/check-formats.ts')
  const name = flags.json ? 'json' : flags.format
  const format = Object.hasOwn(checkFormats, name) ? checkFormats[name] : undefined
  if (!format) throw await unknownFormat(name, Object.keys(checkFormats))
  const { checkProject } = await import('../run/check.ts')
  const { targetsHere } = await import('./targets.ts')
  const targets = await targetsHere(words, flags)
  const result = await checkProject({ ...projectOptions(flags), targets })
  cli.out.write(format(result, cli.out.paint))
  if (result.problems.some(({ severity }) => flags.strict || severity !== 'warn')) cli.exit(2)
}

async function unknownFormat(name: string, known: readonly string[]): Promise<Error> {
  const { ProblemError } = await import('../base/problem.ts')
  const { didYouMean } = await import('../base/suggest.ts')
  const hint = didYouMean(name, known) ?? `known are ${known.join(', ')}`
  return new ProblemError({ code: 'project/usage', message: `there is no format '${name}'`, hint })
}
