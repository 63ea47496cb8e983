import { Command } from 'commander'
import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Cli } from './cli.ts'
import type { NewNotebookFlags } from './scaffold/new-notebook.ts'
import { countOption } from './options.ts'
import type { NewTestFlags } from './scaffold/new-test.ts'
import type { NewTableFlags } from './scaffold/new-table.ts'
import type { Scaffolded } from './scaffold/write-new.ts'

type NotebookFlags = Omit<NewNotebookFlags, 'reads'> & { readonly from?: string; readonly reads?: string }

/** `sluice new table`, `sluice new notebook` and `sluice new test`. What writes the code is loaded by the actions. */
export function newCommand(cli: Cli): Command {
  return new Command('new')
    .description('write a table, a notebook or a test from what is there')
    .usage('<command> [options]')
    .argument('[what]')
    .action(refuse)
    .addCommand(tableCommand(cli))
    .addCommand(notebookCommand(cli))
    .addCommand(testCommand(cli))
}

/** Commander would only print its help, where nobody sees it. */
function refuse(what: string | undefined): never {
  throw new ProblemError({
    code: 'project/usage',
    message: what === undefined ? 'what is to be new is not said' : `there is no 'sluice new ${what}'`,
    hint:
      (what === undefined ? undefined : didYouMean(what, kinds)) ??
      `say sluice new ${kinds.slice(0, -1).join(', sluice new ')} or sluice new ${kinds.at(-1)}`,
  })
}

const kinds = ['table', 'notebook', 'test']

function tableCommand(cli: Cli): Command {
  return inProject(new Command('table'))
    .description(
      'write a source, its table and the notebook that takes it in, with types sniffed from the whole file',
    )
    .argument('<name>', 'such as bronze.trips')
    .requiredOption(
      '--from <file>',
      'a CSV, JSON, NDJSON or Parquet file, or a glob in quotes, .gz too; or a contract: ODCS (.yaml) or a JSON Schema',
    )
    .option('--object <name>', 'the table within a file of ODCS that has several')
    .option('--notebook <path>', 'notebooks/<first part of the name>/<last part>.ts when left out')
    .option('--key <columns>', 'the columns that identify a row: a,b')
    .option('--flow <flow>', 'adds its source and its step to flows/<flow>.ts')
    .action(async (name: string, flags: NewTableFlags) => {
      const { newTable } = await import('./scaffold/new-table.ts')
      tell(await newTable(name, flags), cli)
    })
}

function notebookCommand(cli: Cli): Command {
  return inProject(new Command('notebook'))
    .description('write a notebook that reads some tables and writes another')
    .argument('<name>', 'such as gold/daily_revenue: its path under notebooks/')
    .option('--from <tables>', 'tables or sources of the project that it reads: a,b')
    .option('--reads <tables>', 'the same')
    .option(
      '--writes <tables>',
      'its tables; new ones start with the columns of the first that it reads; gold.daily_revenue of gold/daily_revenue when left out',
    )
    .option('--run', 'with code instead of one query for each table')
    .option('--flow <flow>', 'adds it as a step to flows/<flow>.ts')
    .action(async (name: string, { from, reads = from, ...flags }: NotebookFlags) => {
      if (reads === undefined || (from !== undefined && from !== reads)) {
        const message = reads === undefined ? 'what it reads is not said' : '--from and --reads are the same'
        throw new ProblemError({
          code: 'project/usage',
          message,
          hint: 'say it as --from silver.trips,silver.zones',
        })
      }
      const { newNotebook } = await import('./scaffold/new-notebook.ts')
      tell(await newNotebook(name, { ...flags, reads }), cli)
    })
}

function testCommand(cli: Cli): Command {
  return inProject(new Command('test'))
    .description(
      'write a test of a notebook from a few rows of what it reads, with what it makes of them now',
    )
    .argument('<notebook>', 'its name or file; its end will do')
    .option('--env <name>', 'the environment to take rows from; `env` of sluice.yaml when left out')
    .addOption(countOption('--rows <n>', 'of each input; 3 when left out'))
    .action(async (name: string, flags: NewTestFlags) => {
      const { newTest } = await import('./scaffold/new-test.ts')
      tell(await newTest(name, flags), cli)
    })
}

function inProject(command: Command): Command {
  return command
    .option('--force', 'overwrite the file when it exists')
    .option('--project <folder>', 'the project; found upwards from here when left out')
}

function tell({ written, notes, next }: Scaffolded, { out }: Cli): void {
  for (const { file, change } of written) {
    out.write(`${change === 'made' ? out.paint.green('+') : out.paint.yellow('~')} ${file}\n`)
  }
  for (const note of notes) out.write(`${out.paint.yellow('!')} ${note}\n`)
  out.write(`\nNext:\n${next.map((line) => `  ${line}\n`).join('')}`)
}
