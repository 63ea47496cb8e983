import { Command } from 'commander'
import { ProblemError } from '../base/problem.ts'
import type { Cli } from './cli.ts'
import { projectOptions, withPlace } from './options.ts'

interface ExportFlags {
  readonly storage?: string
  readonly project?: string
  readonly again?: true
  readonly json?: true
}

export function exportCommand(cli: Cli): Command {
  return new Command('export')
    .description('write what other tools need to read the tables')
    .usage('<command> [options]')
    .argument('[what]')
    .action(refuse)
    .addCommand(deltaCommand(cli))
}

function refuse(what: string | undefined): never {
  throw new ProblemError({
    code: 'project/usage',
    message: what === undefined ? 'say what to export' : `there is no export '${what}'`,
    hint: '`sluice export delta` exports the tables for readers of Delta tables',
  })
}

function deltaCommand(cli: Cli): Command {
  return withPlace(new Command('delta'))
    .description("bring the Delta logs of the tables up to date; runs in the lake's default environment do")
    .option('--again', 'from the first commit on: writes again what was removed')
    .option('--json', 'one JSON object')
    .action(async (flags: ExportFlags) => {
      const { exportDelta } = await import('../run/export-delta.ts')
      const result = await exportDelta({
        ...projectOptions(flags),
        ...(flags.again && { again: true }),
        signal: cli.signal(),
      })
      if (result === undefined) return cli.err.write('There is no lake yet: `sluice run` creates it.\n')
      if (flags.json) return cli.out.data(`${JSON.stringify(result)}\n`)
      const { deltaText } = await import('../report/delta-text.ts')
      const { problemsText } = await import('../report/problems-text.ts')
      if (result.problems.length > 0) cli.err.write(problemsText(result.problems, cli.err.paint))
      cli.out.write(deltaText(result))
    })
}
