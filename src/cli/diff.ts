import { Command, Option } from 'commander'
import { ProblemError } from '../base/problem.ts'
import type { TableDiff } from '../run/diff-result.ts'
import type { Cli } from './cli.ts'
import { projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'

interface DiffFlags extends ProjectFlags {
  readonly key?: readonly string[]
  readonly columns?: readonly string[]
  readonly tolerance?: number
  readonly limit?: number
  readonly json?: true
  readonly markdown?: true
  readonly exitCode?: true
}

const hint = 'write sluice diff <table>, sluice diff <table> dev..prod or sluice diff dev..prod'

export function diffCommand(cli: Cli): Command {
  return withProject(new Command('diff'))
    .description('say how tables differ between versions or environments')
    .argument('[table]', 'such as silver.trips; all tables that differ when left out')
    .argument(
      '[range]',
      'dev..prod, 3..5, prod@3..dev or 2026-01-01..; the version before..head when left out',
    )
    .addOption(names('--key <columns>', 'match rows by these, where the contract has no key'))
    .addOption(names('--columns <columns>', 'compare these only'))
    .addOption(
      new Option('--tolerance <n>', 'FLOAT and DOUBLE that are so near are equal, such as 1e-9').argParser(
        Number,
      ),
    )
    .addOption(new Option('--limit <n>', 'how many examples of each kind; 5 when left out').argParser(Number))
    .option('--exit-code', 'exit with 1 when something differs')
    .option('--json', 'one JSON object for each table')
    .option('--markdown', 'a section for each table, below 65,536 characters')
    .action(async (first: string | undefined, second: string | undefined, flags: DiffFlags) => {
      if (flags.json && flags.markdown) throw wrong('say --json or --markdown, not both')
      const { table, range, env } = meant(first, second, flags)
      const options = { ...projectOptions({ ...flags, env }), ...howOf(flags) }
      const { diff, diffAll } = await import('../run/diff.ts')
      const diffs: TableDiff[] = []
      if (table !== undefined)
        diffs.push(await diff(table, { ...options, ...(range !== undefined && { range }) }))
      else for await (const each of diffAll(range ?? '', options)) diffs.push(each)
      await print(diffs, table === undefined, flags, cli)
      if (flags.exitCode && diffs.some(({ same }) => !same)) cli.exit(1)
    })
}

/** A name with `..` in it is a range: tables are called otherwise. `--env dev..prod` is one too. */
function meant(first: string | undefined, second: string | undefined, flags: DiffFlags) {
  const { env } = flags
  const isRange = (text: string | undefined) => text?.includes('..') ?? false
  const table = isRange(first) ? undefined : first
  const ranges = [isRange(first) ? first : undefined, second, isRange(env) ? env : undefined]
  const said = ranges.filter((range) => range !== undefined)
  if (said.length > 1) throw wrong(`${said.join(' and ')}: say one range`)
  if (table === undefined && said.length === 0) throw wrong('say a table, or two environments')
  if (table === undefined && (flags.key || flags.columns))
    throw wrong('--key and --columns belong to a table: name it')
  return { table, range: said[0], env: isRange(env) ? undefined : env }
}

function wrong(message: string): ProblemError {
  return new ProblemError({ code: 'project/usage', message, hint })
}

function howOf({ key, columns, tolerance, limit }: DiffFlags) {
  return {
    ...(key && { key }),
    ...(columns && { columns }),
    ...(tolerance !== undefined && { tolerance }),
    ...(limit !== undefined && { examples: limit }),
  }
}

/** Names with commas between them. */
function names(flags: string, description: string): Option {
  const split = (text: string) => text.split(',').map((name) => name.trim())
  return new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    ...split(text).filter((name) => name !== ''),
  ])
}

async function print(
  diffs: readonly TableDiff[],
  all: boolean,
  flags: DiffFlags,
  { out }: Cli,
): Promise<void> {
  if (flags.json) return diffs.forEach((each) => out.data(`${JSON.stringify(each)}\n`))
  if (flags.markdown) {
    const { diffMarkdown } = await import('../report/diff-markdown.ts')
    const told = all ? diffs.filter(({ same }) => !same) : diffs
    return out.write(diffMarkdown(told))
  }
  const { diffSummaryText, diffText } = await import('../report/diff-text.ts')
  const { width, paint } = out
  if (all) return out.write(diffSummaryText(diffs, { width, paint }))
  for (const each of diffs) out.write(diffText(each, { width, paint }))
}
