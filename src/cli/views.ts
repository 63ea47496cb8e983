import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Command } from 'commander'
import { ProblemError } from '../base/problem.ts'
import { plural } from '../report/amount.ts'
import type { Cli } from './cli.ts'
import { projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'

interface ViewsFlags extends ProjectFlags {
  readonly out?: string
}

export function viewsCommand(cli: Cli): Command {
  return withProject(new Command('views'))
    .description('print SQL that makes a view of each table, for the DuckDB shell')
    .option('--out <file>', 'write it to a file')
    .addHelpText(
      'after',
      '\nThen: duckdb -init views.sql. The views stay at the versions of now: print them again.',
    )
    .action(async (flags: ViewsFlags) => {
      const { views } = await import('../run/views.ts')
      const { env, where, tables, sql } = await views(projectOptions(flags))
      if (tables.length === 0)
        cli.err.write(`Environment '${env}' has no tables yet (${where}): \`sluice run\` writes them.\n`)
      if (flags.out === undefined) return cli.out.data(sql)
      await written(flags.out, sql)
      cli.err.write(`Wrote ${plural(tables.length, 'view')} to ${flags.out}.\n`)
    })
}

async function written(file: string, text: string): Promise<void> {
  try {
    await writeFile(path.resolve(file), text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ProblemError({
      code: 'report/unwritable',
      message: `the views cannot be written to '${file}': ${why}`,
      hint: 'name a file in a folder that exists',
    })
  }
}
