#!/usr/bin/env node
import type { Command } from 'commander'
import { processCli } from './cli.ts'
import type { Cli } from './cli.ts'
import { tellFailure } from './failure.ts'
import { sluiceProgram } from './program.ts'

const cli = processCli()
const code = (await main(process.argv.slice(2), cli)) ?? cli.code()
process.exitCode = code
// What was cancelled may go on for a while where nothing can interrupt it: nobody waits for that.
if (code === 130) process.stdout.write('', () => process.exit(code))

/** Does what the command line says; gives the exit code when something was wrong. */
async function main(words: readonly string[], io: Cli): Promise<number | undefined> {
  const end = words.indexOf('--')
  const json = words.slice(0, end < 0 ? undefined : end).includes('--json')
  const program = sluiceProgram(io)
  const ours = program.commands.map((command) => command.name())
  try {
    await perform(words, { io, program, ours })
    return undefined
  } catch (error) {
    return tellFailure(error, io, json, helpOf(words, ours))
  }
}

interface Around {
  readonly io: Cli
  readonly program: Command
  /** The names of our commands. */
  readonly ours: readonly string[]
}

/** Runs one of our commands, or that of a plugin where we have none of that name. */
async function perform(words: readonly string[], around: Around): Promise<void> {
  const { io, program, ours } = around
  const [first, second] = words
  if (first === undefined || (first === 'help' && (second === undefined || second === 'help')))
    return program.outputHelp()
  // Commander would tell nothing of a wrong name here, and knows no commands of plugins nor those of `new`.
  if (first === 'help')
    return perform([...words.slice(1), ...(ours.includes(second ?? '') ? ['--help'] : [])], around)
  if (!first.startsWith('-') && !ours.includes(first)) {
    const { runPluginCommand } = await import('./plugin-command.ts')
    if (await runPluginCommand(words, [...ours, 'help'], io)) return
  }
  await program.parseAsync(words, { from: 'user' })
}

/** The words that ask for the help of a command, as far as they name one. */
function helpOf([first = '', second = '']: readonly string[], ours: readonly string[]): string {
  const names = ours.includes(first) ? [first] : []
  const below = { new: ['table', 'notebook'], env: ['list', 'create', 'update', 'diff', 'delete', 'name'] }
  if (below[first as keyof typeof below]?.includes(second)) names.push(second)
  return ['sluice', ...names, '--help'].join(' ')
}
