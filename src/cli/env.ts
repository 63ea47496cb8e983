import { Command } from 'commander'
import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Cli } from './cli.ts'
import { projectOptions, withPlace } from './options.ts'

const kinds = ['list', 'create', 'update', 'diff', 'delete', 'name']

interface EnvFlags {
  readonly project?: string
  readonly storage?: string
  readonly from?: string
  readonly yes?: true
  readonly json?: true
}

/** `sluice env list`, `create`, `update`, `diff`, `delete` and `name`. */
export function envCommand(cli: Cli): Command {
  return new Command('env')
    .description('list, begin, compare and delete environments: pointers to versions, nothing is copied')
    .usage('<command> [options]')
    .argument('[what]')
    .action(refuse)
    .addCommand(listCommand(cli))
    .addCommand(createCommand(cli))
    .addCommand(updateCommand(cli))
    .addCommand(diffCommand(cli))
    .addCommand(deleteCommand(cli))
    .addCommand(nameCommand(cli))
}

function refuse(what: string | undefined): never {
  throw new ProblemError({
    code: 'project/usage',
    message: what === undefined ? 'what to do is not said' : `there is no 'sluice env ${what}'`,
    hint: (what === undefined ? undefined : didYouMean(what, kinds)) ?? `say sluice env ${kinds.join(', ')}`,
  })
}

function listCommand(cli: Cli): Command {
  return placed(new Command('list'), 'an array of JSON objects')
    .description('list the environments of the lake')
    .action(async (flags: EnvFlags) => {
      const { environments } = await import('../run/env-list.ts')
      const { environmentsText } = await import('../report/env-text.ts')
      const list = await environments(projectOptions(flags))
      if (flags.json) return cli.out.data(`${JSON.stringify(list, null, 2)}\n`)
      if (list.length === 0) return cli.err.write('There are no environments yet: `sluice run` makes one.\n')
      cli.out.write(environmentsText(list, { width: cli.out.width, paint: cli.out.paint }))
    })
}

function createCommand(cli: Cli): Command {
  return placed(new Command('create'), 'one JSON object')
    .description('begin an environment with the tables of another one')
    .argument('<name>')
    .option('--from <env>', 'the other one; what sluice.yaml says of the name, else prod, when left out')
    .action(async (name: string, flags: EnvFlags) => {
      const { createEnvironment } = await import('../run/env-create.ts')
      const { createdText } = await import('../report/env-text.ts')
      const made = await createEnvironment(name, { ...projectOptions(flags), ...fromOf(flags) })
      if (flags.json) cli.out.data(`${JSON.stringify(made)}\n`)
      else cli.out.write(createdText(made))
    })
}

function updateCommand(cli: Cli): Command {
  return placed(new Command('update'), 'one JSON object')
    .description('take over what another environment has changed since, and keep what this one has')
    .argument('<name>')
    .option('--from <env>', 'the other one; the one that it was begun from when left out')
    .action(async (name: string, flags: EnvFlags) => {
      const { updateEnvironment } = await import('../run/env-update.ts')
      const { updatedText } = await import('../report/env-text.ts')
      const made = await updateEnvironment(name, { ...projectOptions(flags), ...fromOf(flags) })
      if (flags.json) cli.out.data(`${JSON.stringify(made)}\n`)
      else cli.out.write(updatedText(made, cli.out.width))
    })
}

function diffCommand(cli: Cli): Command {
  return placed(new Command('diff'), 'one JSON object')
    .description('say which tables of two environments are the same versions; reads no rows')
    .argument('<before>')
    .argument('<after>')
    .action(async (before: string, after: string, flags: EnvFlags) => {
      const { diffEnvironments } = await import('../run/env-diff.ts')
      const { environmentDiffText } = await import('../report/env-text.ts')
      const found = await diffEnvironments(before, after, projectOptions(flags))
      if (flags.json) return cli.out.data(`${JSON.stringify(found)}\n`)
      cli.out.write(environmentDiffText(found, { width: cli.out.width, paint: cli.out.paint }))
    })
}

function deleteCommand(cli: Cli): Command {
  return placed(new Command('delete'), 'one JSON object')
    .description('delete an environment: a commit; files and history stay until `sluice gc`')
    .argument('<name>')
    .option('--yes', 'do not ask')
    .action(async (name: string, flags: EnvFlags) => {
      const { checkDeletable, deleteEnvironment } = await import('../run/env-create.ts')
      const { confirmed } = await import('./confirm.ts')
      await checkDeletable(name, projectOptions(flags))
      if (!(await confirmed(`Delete environment ${name}`, flags.yes ?? false, cli))) return cli.exit(130)
      const tables = await deleteEnvironment(name, projectOptions(flags))
      const { plural } = await import('../report/amount.ts')
      cli.out.write(
        flags.json
          ? `${JSON.stringify({ env: name, tables })}\n`
          : `${name} is deleted; it had ${plural(tables, 'table')}.\n`,
      )
    })
}

function nameCommand(cli: Cli): Command {
  return new Command('name')
    .description('print the environment of a command that says none')
    .option('--project <folder>', 'the project; found upwards from here when left out')
    .action(async ({ project }: EnvFlags) => {
      const { findProject } = await import('../flow/project.ts')
      const { environmentOf } = await import('../flow/environment-name.ts')
      cli.out.write(`${environmentOf(await findProject(project), undefined, { reads: true })}\n`)
    })
}

function placed(command: Command, json: string): Command {
  return withPlace(command.option('--json', json))
}

function fromOf({ from }: EnvFlags) {
  return from === undefined ? {} : { from }
}
