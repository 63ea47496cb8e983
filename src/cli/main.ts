#!/usr/bin/env node
import { processCli } from './cli.ts'
import type { Cli } from './cli.ts'
import { tellFailure } from './failure.ts'
import { sluiceProgram } from './program.ts'

const cli = processCli()
process.exitCode = (await main(process.argv.slice(2), cli)) ?? cli.code()

/** Does what the command line says; gives the exit code when something was wrong. */
async function main(words: readonly string[], io: Cli): Promise<number | undefined> {
  const end = words.indexOf('--')
  const json = words.slice(0, end < 0 ? undefined : end).includes('--json')
  try {
    await perform(words, io)
    return undefined
  } catch (error) {
    return tellFailure(error, io, json)
  }
}

/** Runs one of our commands, or that of a plugin where we have none of that name. */
async function perform(words: readonly string[], io: Cli): Promise<void> {
  const program = sluiceProgram(io)
  const [first] = words
  if (first === undefined) return program.outputHelp()
  const ours = [...program.commands.map((command) => command.name()), 'help']
  if (!first.startsWith('-') && !ours.includes(first)) {
    const { runPluginCommand } = await import('./plugin-command.ts')
    if (await runPluginCommand(words, ours, io)) return
  }
  await program.parseAsync(words, { from: 'user' })
}
