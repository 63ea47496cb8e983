import { Command, Option } from 'commander'
import { ProblemError } from '../base/problem.ts'
import { oneLine } from '../report/width.ts'
import type { ProjectOptions, SelectOptions } from '../run/options.ts'
import type { Cli } from './cli.ts'

/** Options of every command that looks at a project. */
export interface ProjectFlags {
  readonly project?: string
  readonly env?: string
  readonly storage?: string
}

/** Options of commands that take a part of a flow. */
export interface SelectFlags extends ProjectFlags {
  readonly select?: readonly string[]
  readonly from?: string
  readonly arg?: readonly string[]
  readonly force?: true
}

/** Adds the options of a project to a command. */
export function withProject(command: Command): Command {
  return withPlace(command.option('--env <name>', 'the environment; what sluice.yaml says when left out'))
}

/** The same, for a command that names its environments in another way, or none. */
export function withPlace(command: Command): Command {
  return command
    .option('--storage <name>', 'a file of storage/ without its ending')
    .option('--project <folder>', 'the project; found upwards from here when left out')
}

/** Adds the options that select steps and set args. */
export function withSelect(command: Command): Command {
  return withProject(command)
    .addOption(
      listOption(
        '--select <what>',
        'a step, notebook, table, delivery, glob, +x, x+ or tag:x; may be repeated',
      ),
    )
    .option('--from <step>', 'this step and all that is downstream of it')
    .addOption(listOption('--arg <name=value>', 'sets an arg, as name or step.name; may be repeated'))
    .option('--force', 'as if no selected step or delivery were fresh')
}

/** An option that may be given several times, with one value each, so that targets can stand behind it. */
export function listOption(flags: string, description: string): Option {
  const option = new Option(flags, description)
  return option.argParser((value: string, before: readonly string[] | false | undefined) => [
    ...(before || []),
    value,
  ])
}

export function projectOptions({ project, env, storage }: ProjectFlags): ProjectOptions {
  return {
    ...(project !== undefined && { projectRoot: project }),
    ...(env !== undefined && { env }),
    ...(storage !== undefined && { storage }),
  }
}

/** Says, while it happens, what may take long before there is anything to show. */
export function tellsReading({ err }: Cli): (source: string) => void {
  return (source) =>
    err.write(`reading ${oneLine(source)} whole: it has no \`refresh\` and no \`highWater\`\n`)
}

export function selectOptions(flags: SelectFlags): SelectOptions & { readonly force?: boolean } {
  const { select, from, arg, force } = flags
  return {
    ...projectOptions(flags),
    ...(select && { select }),
    ...(from !== undefined && { from }),
    ...(arg && { args: parseArgs(arg) }),
    ...(force && { force }),
  }
}

/** `name=value` texts as an object; throws a Problem for each that is none. */
function parseArgs(texts: readonly string[]): { readonly [name: string]: string } {
  const wrong = texts.filter((text) => text.indexOf('=') < 1)
  if (wrong.length > 0) {
    throw new ProblemError(
      wrong.map((text) => ({
        code: 'project/usage' as const,
        message: `--arg ${text}: this is not name=value`,
        hint: `write --arg ${text.replace(/^=/, '') || 'name'}=...`,
      })),
    )
  }
  return Object.fromEntries(
    texts.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  )
}

/** A whole number of at least one, for an option; commander turns the error into wrong usage. */
export function countOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string) => {
    const count = Number(text)
    if (/^\d+$/.test(text) && count >= 1 && count <= 1e9) return count
    throw new ProblemError({
      code: 'project/usage',
      message: `${flags.split(' ')[0] ?? flags} ${text}: a whole number of at least 1 is expected`,
    })
  })
}
