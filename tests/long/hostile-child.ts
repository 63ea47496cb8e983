import { createInterface } from 'node:readline'
import { paintOf } from '../../src/report/paint.ts'
import { safeText } from '../../src/report/safe-text.ts'
import type { Cli, Output } from '../../src/cli/cli.ts'
import { tellFailure } from '../../src/cli/failure.ts'
import { sluiceProgram } from '../../src/cli/program.ts'

/** Runs commands, one for each line of JSON that comes in, in one process. Each answer is one line of JSON. */
export interface Answer {
  readonly words: readonly string[]
  readonly code: number
  /** What people see of both streams. */
  readonly shown: string
  readonly data: string
}

async function answer(words: readonly string[]): Promise<Answer> {
  const told = { shown: '', data: '', code: 0 }
  const output = (stream: NodeJS.WriteStream): Output => ({
    write: (text) => void (told.shown += safeText(text, false)),
    data: (text) => void (told.data += text),
    paint: paintOf(false),
    isTerminal: false,
    width: Infinity,
    stream,
  })
  const cli: Cli = {
    out: output(process.stdout),
    err: output(process.stderr),
    signal: () => new AbortController().signal,
    exit: (code) => void (told.code = code),
  }
  try {
    await sluiceProgram(cli).parseAsync([...words], { from: 'user' })
  } catch (error) {
    told.code = tellFailure(error, cli, words.includes('--json'))
  }
  return { words, ...told }
}

for await (const line of createInterface({ input: process.stdin })) {
  const made = await answer(JSON.parse(line) as string[])
  process.stdout.write(`${JSON.stringify(made)}\n`)
}
process.exit(0)
