import { Command } from 'commander'
import { ProblemError } from '../base/problem.ts'
import type { Cli } from './cli.ts'
import { projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'

interface GcFlags extends ProjectFlags {
  readonly dryRun?: true
  readonly json?: true
}

export function gcCommand(cli: Cli): Command {
  return withProject(new Command('gc'))
    .description('delete versions that no environment has had for a while')
    .option('--dry-run', 'say what would be deleted; delete nothing')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nHow long is set by `gc` in sluice.yaml: retain (7d), grace (1d), runs (90d).')
    .action(async (flags: GcFlags) => {
      if (flags.env !== undefined) {
        throw new ProblemError({
          code: 'project/usage',
          message: `--env ${flags.env}: gc cleans the whole lake, because environments share files`,
          hint: 'leave --env out',
        })
      }
      const { gc } = await import('../run/gc.ts')
      const result = await gc({
        ...projectOptions(flags),
        ...(flags.dryRun && { dryRun: true }),
        signal: cli.signal(),
      })
      if (result === undefined) return cli.err.write('There is no lake yet: `sluice run` creates it.\n')
      if (flags.json) return cli.out.data(`${JSON.stringify(result)}\n`)
      const { gcText } = await import('../report/gc-text.ts')
      cli.out.write(gcText(result, { width: cli.out.width, paint: cli.out.paint }))
    })
}
