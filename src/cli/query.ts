import { Command } from 'commander'
import { ProblemError } from '../base/problem.ts'
import type { QueryResult } from '../run/lake-reader.ts'
import type { Cli } from './cli.ts'
import { countOption, projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'

interface QueryFlags extends ProjectFlags {
  readonly json?: true
  readonly csv?: true
  readonly rows?: number
}

const shown = 100

export function queryCommand(cli: Cli): Command {
  return withProject(new Command('query'))
    .description('run one SELECT over the tables of an environment, by their names')
    .argument('<sql>', "such as 'SELECT count(*) FROM silver.trips'")
    .addOption(countOption('--rows <n>', `how many rows are shown; ${shown} when left out`))
    .option('--json', 'all rows, one JSON object each')
    .option('--csv', 'all rows as CSV')
    .addHelpText(
      'after',
      "\nEarlier versions: silver.trips@12, or with the whole query in double quotes silver.trips@'2026-01-31'.",
    )
    .action(async (sql: string, flags: QueryFlags) => {
      if (flags.json && flags.csv)
        throw new ProblemError({ code: 'project/usage', message: 'say --json or --csv, not both' })
      const { openLake } = await import('../run/open-lake.ts')
      const lake = await openLake(projectOptions(flags))
      try {
        await print(await lake.query(sql), flags, cli)
      } finally {
        await lake.close()
      }
    })
}

async function print(result: QueryResult, flags: QueryFlags, cli: Cli): Promise<void> {
  const { cellText, jsonRow } = await import('./cells.ts')
  const names = result.columns.map(({ name }) => name)
  if (flags.json) {
    for await (const row of result.rows) cli.out.data(jsonRow(names, row))
  } else if (flags.csv) {
    const { csvLine } = await import('./csv.ts')
    cli.out.data(csvLine(names))
    for await (const row of result.rows)
      cli.out.data(csvLine(row.map((cell) => (cell === null ? null : cellText(cell)))))
  } else await printTable(result, flags.rows ?? shown, cli)
}

async function printTable(result: QueryResult, limit: number, { out, err }: Cli): Promise<void> {
  const { cellText } = await import('./cells.ts')
  const { resultLines } = await import('./previews.ts')
  const rows: string[][] = []
  let more = false
  for await (const row of result.rows) {
    more = rows.length === limit
    if (more) break
    rows.push(row.map(cellText))
  }
  out.write(`${resultLines(result.columns, rows, out).join('\n')}\n`)
  if (more)
    err.write(`Only the first ${limit} rows are shown: --rows shows more, --csv and --json give all.\n`)
}
