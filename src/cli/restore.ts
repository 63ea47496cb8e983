import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { countOption, projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'

interface RestoreFlags extends ProjectFlags {
  readonly to?: string
  readonly toCommit?: number
  readonly allowProtected?: true
  readonly json?: true
}

export function restoreCommand(cli: Cli): Command {
  return withProject(new Command('restore'))
    .description('make earlier versions of tables the newest again, and keep runs from undoing it')
    .argument('[table...]', 'such as silver.trips; the other tables of its step come along')
    .option('--to <version>', "a number, a time such as '2026-01-31', or the id of a version")
    .addOption(countOption('--to-commit <n>', 'a commit of `sluice log`; all its tables when none are named'))
    .option('--allow-protected', 'in an environment that is protected too')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nA restored table is held: runs leave it alone until `sluice release`, --force, or a change of its code.',
    )
    .action(async (tables: readonly string[], flags: RestoreFlags) => {
      const { restore } = await import('../run/restore.ts')
      const result = await restore(tables, {
        ...projectOptions(flags),
        ...(flags.to !== undefined && { to: flags.to }),
        ...(flags.toCommit !== undefined && { toCommit: flags.toCommit }),
        ...(flags.allowProtected && { allowProtected: true }),
      })
      if (flags.json) return cli.out.data(`${JSON.stringify(result)}\n`)
      if (result.warnings) {
        const { problemsText } = await import('../report/problems-text.ts')
        cli.err.write(problemsText(result.warnings, cli.err.paint))
      }
      const { restoreText } = await import('../report/restore-text.ts')
      cli.out.write(restoreText(result, cli.out.width))
    })
}
