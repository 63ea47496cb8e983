import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'

interface ReleaseFlags extends ProjectFlags {
  readonly allowProtected?: true
  readonly json?: true
}

export function releaseCommand(cli: Cli): Command {
  return withProject(new Command('release'))
    .description('let runs write tables again that were restored')
    .argument('[table...]', 'tables that are held; `sluice tables` says which are')
    .option('--allow-protected', 'in an environment that is protected too')
    .option('--json', 'one JSON object')
    .action(async (tables: readonly string[], flags: ReleaseFlags) => {
      const { release } = await import('../run/release.ts')
      const result = await release(tables, {
        ...projectOptions(flags),
        ...(flags.allowProtected && { allowProtected: true }),
      })
      if (flags.json) return cli.out.data(`${JSON.stringify(result)}\n`)
      const { releaseText } = await import('../report/restore-text.ts')
      cli.out.write(releaseText(result, cli.out.width))
    })
}
