import type { Command } from 'commander'
import type { Cli } from '../../src/cli/cli.ts'
import { newCommand } from '../../src/cli/new.ts'
import { renameCommand } from '../../src/cli/rename.ts'
import { sluiceProgram } from '../../src/cli/program.ts'
import type { Page } from './pages.ts'

/** A call of `sluice` that a page shows. */
export interface Call {
  readonly where: string
  readonly words: readonly string[]
}

/** All calls in blocks of shell and in inline code. A word in `<...>` or `[...]` stands for something. */
export function callsIn(page: Page): Call[] {
  const lines = page.blocks
    .filter(({ language }) => language === 'sh' || language === '')
    .flatMap((block) =>
      block.text.split('\n').map((line, at) => ({ line, number: block.line + at, language: block.language })),
    )
    // In a block without a language, what is typed stands behind a prompt.
    .filter(({ line, language }) => language === 'sh' || line.startsWith('$ '))
    .map(({ line, number }) => ({ text: line.replace(/^\$ /, '').replace(/\s#.*$/, ''), number }))
  const inline = page.prose
    .split('\n')
    .flatMap((line, at) =>
      [...line.matchAll(/`([^`]+)`/g)].map(([, text = '']) => ({ text, number: at + 1 })),
    )
    .filter(({ text }) => /^(?:npx )?sluice /.test(text))
  return [...lines, ...inline].flatMap(({ text, number }) =>
    [...text.matchAll(/(?:^|npx |[=\s&(])sluice ((?:"[^"]*"|'[^']*'|[^&|;)])*)/g)].map(([, words = '']) => ({
      where: `${page.file}:${number}`,
      words: words.match(/"[^"]*"|'[^']*'|\S+/g) ?? [],
    })),
  )
}

/** What is wrong with a call: an unknown command, or an option that the command does not have. */
export function faultOf({ where, words }: Call): string | undefined {
  let command: Command = commandLine()
  const rest = [...words]
  for (let next = find(command, rest[0]); next; next = find(command, rest[0])) {
    command = next
    rest.shift()
  }
  const [first = ''] = words
  if (command.commands.length > 0 && rest[0] !== undefined && /^[a-z]/.test(rest[0])) {
    return `${where}: there is no command '${words.join(' ')}'`
  }
  const known = new Set(['--help', '--version', ...command.options.map(({ long }) => long)])
  const wrong = rest
    .map((word) => word.split('=')[0] ?? '')
    .find((word) => word.startsWith('--') && !known.has(word))
  return wrong === undefined ? undefined : `${where}: \`sluice ${first}\` has no option ${wrong}`
}

export function commandLine(): Command {
  const program = sluiceProgram(silent)
  // These load their commands when they are called.
  const stubs = ['new', 'rename']
  const made = program.commands.filter((command) => !stubs.includes(command.name()))
  return [...made, newCommand(silent), renameCommand(silent)].reduce(
    (all, each) => all.addCommand(each),
    program.createCommand('sluice'),
  )
}

function find(command: Command, name: string | undefined): Command | undefined {
  return command.commands.find((each) => each.name() === name)
}

/** Commands are only looked at here: none runs, so none writes. */
const silent = { out: { isTerminal: false, width: Infinity }, exit: () => undefined } as unknown as Cli
