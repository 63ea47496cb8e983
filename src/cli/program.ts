import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { backfillCommand } from './backfill.ts'
import { checkCommand } from './check.ts'
import { diffCommand } from './diff.ts'
import { contractCommand } from './contract.ts'
import { copyCommand } from './copy.ts'
import { envCommand } from './env.ts'
import { exportCommand } from './export.ts'
import { explainCommand } from './explain.ts'
import { impactCommand } from './impact.ts'
import { gcCommand } from './gc.ts'
import { initCommand } from './init.ts'
import { lineageCommand } from './lineage.ts'
import { logCommand } from './log.ts'
import { pathCommand } from './path.ts'
import { planCommand } from './plan.ts'
import { promoteCommand } from './promote.ts'
import { queryCommand } from './query.ts'
import { releaseCommand } from './release.ts'
import { restoreCommand } from './restore.ts'
import { resumeCommand } from './resume.ts'
import { rollbackCommand } from './rollback.ts'
import { runCommand } from './run.ts'
import { runsCommand } from './runs.ts'
import { showCommand } from './show.ts'
import { summaryCommand } from './summary.ts'
import { tablesCommand } from './tables.ts'
import { testCommand } from './test.ts'
import { repairCommand, verifyCommand } from './verify.ts'
import { sluiceVersion } from './version.ts'
import { viewsCommand } from './views.ts'

/** The whole command line. What a command needs is loaded by its action, so that help costs nothing. */
export function sluiceProgram(cli: Cli): Command {
  const program = new Command('sluice')
    .description('Chains notebooks over tables: runs what is stale, skips what is fresh, and says why.')
    .version(sluiceVersion(), '-v, --version')
    // So that `new` can hand its words on as they are.
    .enablePositionalOptions()
    .addHelpText(
      'after',
      '\nExit codes: 0 good, 1 a step or a contract failed,\n2 invalid project or usage, 130 cancelled.',
    )
  const commands = [
    initCommand(cli),
    newStub(cli),
    renameStub(cli),
    checkCommand(cli),
    runCommand(cli),
    backfillCommand(cli),
    resumeCommand(cli),
    planCommand(cli),
    explainCommand(cli),
    tablesCommand(cli),
    showCommand(cli),
    queryCommand(cli),
    pathCommand(cli),
    viewsCommand(cli),
    exportCommand(cli),
    diffCommand(cli),
    summaryCommand(cli),
    logCommand(cli),
    restoreCommand(cli),
    releaseCommand(cli),
    envCommand(cli),
    promoteCommand(cli),
    rollbackCommand(cli),
    runsCommand(cli),
    testCommand(cli),
    lineageCommand(cli),
    contractCommand(cli),
    impactCommand(cli),
    gcCommand(cli),
    copyCommand(cli),
    verifyCommand(cli),
    repairCommand(cli),
  ]
  for (const command of commands) program.addCommand(command)
  return tamed(program, cli)
}

/** A command that carries code that writes code: it is loaded only when it is called. */
function codeStub(cli: Cli, name: string, description: string, load: () => Promise<Command>): Command {
  return new Command(name)
    .description(description)
    .argument('[what...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (_: readonly string[], __: object, self: Command) => {
      const parent = new Command('sluice').addCommand(tamed(await load(), cli))
      await tamed(parent, cli).parseAsync([name, ...self.args], { from: 'user' })
    })
}

function newStub(cli: Cli): Command {
  return codeStub(cli, 'new', 'write a table, a notebook or a test from what is there', async () =>
    (await import('./new.ts')).newCommand(cli),
  )
}

function renameStub(cli: Cli): Command {
  return codeStub(cli, 'rename', 'rename a table or a column in all code and SQL', async () =>
    (await import('./rename.ts')).renameCommand(cli),
  )
}

/** Makes a command and those below it throw instead of ending the process, and write where we say. */
function tamed(command: Command, cli: Cli): Command {
  command.exitOverride()
  command.configureHelp({ minWidthToWrap: 20 })
  command.configureOutput({
    writeOut: (text) => cli.out.write(text),
    // Errors are told by `failure.ts`.
    writeErr: () => undefined,
    getOutHelpWidth: () => (cli.out.isTerminal ? cli.out.width : 100),
  })
  for (const child of command.commands) tamed(child, cli)
  return command
}
