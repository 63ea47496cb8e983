import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import prettier from 'prettier'
import { problemsOf, type Problem } from '../../src/base/problem.ts'
import type { Cli, Output } from '../../src/cli/cli.ts'
import { sluiceProgram } from '../../src/cli/program.ts'
import { plainPaint } from '../../src/report/paint.ts'

export const repository = fileURLToPath(new URL('../..', import.meta.url))
const made: string[] = []

/** A project in a temporary folder that finds `sluice` in this repository. */
export class NewProject {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-new-')))

  constructor() {
    made.push(this.root)
    for (const folder of ['notebooks', 'flows', 'node_modules', 'raw']) mkdirSync(join(this.root, folder))
    symlinkSync(repository, join(this.root, 'node_modules/sluice'))
    for (const name of ['zod', '@types'])
      symlinkSync(join(repository, 'node_modules', name), join(this.root, 'node_modules', name))
    const { compilerOptions } = JSON.parse(readFileSync(join(repository, 'tsconfig.json'), 'utf8')) as {
      compilerOptions: object
    }
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['notebooks', 'flows'] }))
    this.write('package.json', '{ "type": "module" }')
    this.write('sluice.yaml', '')
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true })
    writeFileSync(join(this.root, file), text)
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), 'utf8')
  }

  /** Copies a file of this repository's data to `raw/`. */
  take(file: string): void {
    cpSync(join(repository, 'data', file), join(this.root, 'raw', file.replace(/^.*\//, '')))
  }

  /** `sluice new ...` here; what it prints. */
  async new(...words: string[]): Promise<string> {
    let printed = ''
    const output: Output = {
      write: (text) => void (printed += text),
      paint: plainPaint,
      isTerminal: false,
      width: Infinity,
      stream: process.stdout,
    }
    const cli: Cli = {
      out: output,
      err: output,
      signal: () => new AbortController().signal,
      exit: () => undefined,
    }
    await sluiceProgram(cli).parseAsync(['new', ...words, '--project', this.root], { from: 'user' })
    return printed
  }

  /** The Problems of a `sluice new ...` that is refused. */
  async refused(...words: string[]): Promise<readonly Problem[]> {
    try {
      await this.new(...words)
    } catch (error) {
      const problems = problemsOf(error)
      if (problems) return problems
      throw error
    }
    throw new Error(`sluice new ${words.join(' ')} was not refused`)
  }

  /** What `tsc` says of the notebooks and flows here. */
  typeErrors(): string[] {
    const { stdout } = spawnSync(
      process.execPath,
      [join(repository, 'node_modules/typescript/bin/tsc'), '-p', this.root, '--pretty', 'false'],
      {
        cwd: this.root,
        encoding: 'utf8',
      },
    )
    return stdout.split('\n').filter((line) => /^(notebooks|flows)\//.test(line) || line.startsWith('error'))
  }

  /** A file as prettier would write it with the settings of this repository. */
  async asFormatted(file: string): Promise<string> {
    const options = await prettier.resolveConfig(join(repository, 'src/index.ts'))
    return prettier.format(this.read(file), { ...options, filepath: file })
  }
}

export function removeProjects(): void {
  for (const root of made.splice(0)) rmSync(root, { recursive: true, force: true })
}
