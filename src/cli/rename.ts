import { Command } from 'commander'
import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Cli } from './cli.ts'
import type { Renamed } from './rename/finish.ts'

interface RenameFlags {
  readonly project?: string
  readonly dryRun?: true
  readonly variable?: string
}

const kinds = ['table', 'column']

/** `sluice rename table` and `sluice rename column`. What changes the code is loaded by the actions. */
export function renameCommand(cli: Cli): Command {
  return new Command('rename')
    .description('rename a table or a column in contracts, notebooks, flows, tests and SQL')
    .usage('<command> [options]')
    .argument('[what]')
    .action(refuse)
    .addCommand(tableCommand(cli))
    .addCommand(columnCommand(cli))
}

/** Commander would only print its help, where nobody sees it. */
function refuse(what: string | undefined): never {
  throw new ProblemError({
    code: 'project/usage',
    message: what === undefined ? 'what to rename is not said' : `there is no 'sluice rename ${what}'`,
    hint:
      (what === undefined ? undefined : didYouMean(what, kinds)) ??
      'say sluice rename table or sluice rename column',
  })
}

function tableCommand(cli: Cli): Command {
  return inProject(new Command('table'))
    .description('rename a table wherever the project names it')
    .argument('<table>', 'such as silver.trips')
    .argument('<name>', 'its new name, such as silver.rides')
    .option('--variable <name>', 'renames the variables that hold it too')
    .action(async (table: string, name: string, flags: RenameFlags) => {
      const { renameTable } = await import('./rename/rename-table.ts')
      await finish(await renameTable(table, name, flags.project, flags.variable), flags, cli)
    })
}

function columnCommand(cli: Cli): Command {
  return inProject(new Command('column'))
    .description('rename a column of a table in all code and SQL that refers to it')
    .argument('<column>', 'such as silver.trips.fare')
    .argument('<name>', 'its new name, such as fare_usd')
    .action(async (column: string, name: string, flags: RenameFlags) => {
      const { renameColumn } = await import('./rename/rename-column.ts')
      await finish(await renameColumn(column, name, flags.project), flags, cli)
    })
}

function inProject(command: Command): Command {
  return command
    .option('--dry-run', 'only show what would change')
    .option('--project <folder>', 'the project; found upwards from here when left out')
}

async function finish(
  { root, changes, left, notes }: Renamed,
  flags: RenameFlags,
  { out }: Cli,
): Promise<void> {
  const { changesText } = await import('./rename/show-change.ts')
  const { placeText } = await import('../base/problem.ts')
  out.write(changesText(changes, out.paint))
  if (!flags.dryRun) {
    const { writeAll } = await import('./rename/write-all.ts')
    await writeAll(root, changes)
  }
  const files = `${changes.length} ${changes.length === 1 ? 'file' : 'files'}`
  out.write(`\n${flags.dryRun ? `${files} would change; nothing was written` : `${files} changed`}\n`)
  for (const note of notes) out.write(`${out.paint.yellow('!')} ${note}\n`)
  if (left.length > 0) out.write(`\nNot changed, look at these:\n`)
  for (const { message, where } of left) out.write(`  ${where ? `${placeText(where)}: ` : ''}${message}\n`)
}
