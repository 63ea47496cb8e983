import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'

interface VerifyFlags extends ProjectFlags {
  readonly history?: true
  readonly json?: true
}

interface RepairFlags extends ProjectFlags {
  readonly history?: true
  readonly dryRun?: true
  readonly json?: true
}

export function verifyCommand(cli: Cli): Command {
  return withProject(new Command('verify'))
    .description('read the lake and compare it with its checksums')
    .argument('[table...]', 'tables; all when left out')
    .option('--history', 'all versions, not the newest alone')
    .option('--json', 'one JSON object')
    .action(async (tables: readonly string[], flags: VerifyFlags) => {
      const { verify } = await import('../run/verify.ts')
      const result = await verify({
        ...projectOptions(flags),
        ...(tables.length > 0 && { tables }),
        ...(flags.history && { history: true }),
        signal: cli.signal(),
      })
      if (result.problems.length > 0) cli.exit(1)
      if (flags.json) return cli.out.data(`${JSON.stringify(result)}\n`)
      const { verifyText } = await import('../report/verify-text.ts')
      cli.out.write(verifyText(result, cli.out.paint))
    })
}

export function repairCommand(cli: Cli): Command {
  return withProject(new Command('repair'))
    .description('write damaged tables again, by the steps that write them')
    .option(
      '--dry-run',
      'say what can be written again; change nothing; exit code 1 when something is damaged',
    )
    .option('--history', 'look at all versions, not at the newest alone')
    .option('--json', 'one JSON object')
    .action(async (flags: RepairFlags) => {
      const { repair } = await import('../run/repair.ts')
      const dryRun = flags.dryRun ?? false
      const history = flags.history ?? false
      const result = await repair({ ...projectOptions(flags), dryRun, history, signal: cli.signal() })
      if (result.left.problems.length > 0) cli.exit(1)
      if (flags.json) return cli.out.data(`${JSON.stringify(result)}\n`)
      const { repairText } = await import('../report/verify-text.ts')
      cli.out.write(repairText(result, cli.out.paint, dryRun))
    })
}
