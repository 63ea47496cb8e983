import { Command } from 'commander'
import type { Cli } from './cli.ts'

interface CopyFlags {
  readonly project?: string
  readonly dryRun?: true
  readonly verify?: true
  readonly json?: true
}

export function copyCommand(cli: Cli): Command {
  return new Command('copy')
    .description('copy a lake with its whole history to another storage')
    .argument('<from>', 'a file of storage/ without its ending, or a folder, such as ./lake')
    .argument('<to>', 'the same')
    .option('--dry-run', 'say what would be copied; change nothing')
    .option('--verify', 'afterwards read all that the target holds, and compare it with its checksums')
    .option('--project <folder>', 'the project; found upwards from here when left out')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nA copy that was broken off goes on when it is made again.')
    .action(async (from: string, to: string, flags: CopyFlags) => {
      const { copy } = await import('../run/copy.ts')
      const { copyText, countsText } = await import('../report/copy-text.ts')
      const { out, err } = cli
      const progress = err.isTerminal && !flags.json
      const result = await copy(from, to, {
        ...(flags.project !== undefined && { projectRoot: flags.project }),
        ...(flags.dryRun && { dryRun: true }),
        ...(flags.verify && { verify: true }),
        ...(progress && { onProgress: (done) => err.stream.write(`\r\u001b[2K${countsText(done)}`) }),
        signal: cli.signal(),
      }).finally(() => {
        if (progress) err.stream.write('\r\u001b[2K')
      })
      const { verified, problems } = result
      const damaged = verified ? verified.damaged.length + verified.logProblems.length : 0
      if (problems.length + damaged > 0) cli.exit(1)
      if (flags.json) return out.data(`${JSON.stringify(result)}\n`)
      if (problems.length > 0) {
        const { problemsText } = await import('../report/problems-text.ts')
        err.write(problemsText(problems, err.paint))
      }
      out.write(copyText(result))
    })
}
