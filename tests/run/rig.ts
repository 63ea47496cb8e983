import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cli = path.join(root, 'dist/cli/main.js')

interface ToldProblem {
  readonly code: string
  readonly message: string
  readonly where?: { file: string; line?: number; column?: number }
  readonly hint?: string
}

/** An event, or a Problem, as `--json` prints it. */
export interface Line {
  readonly event?: string
  readonly step?: string
  readonly outcome?: string
  readonly verdict?: string
  readonly reasons?: readonly string[]
  readonly problems?: readonly ToldProblem[]
  /** Of what ends a command. */
  readonly problem?: ToldProblem
  readonly [key: string]: unknown
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly lines: readonly Line[]
}

/** A project in a temporary folder, driven from outside through the compiled command line. */
export class Rig {
  readonly folder: string
  private constructor(folder: string) {
    this.folder = folder
  }

  static async open(files: { readonly [file: string]: string }): Promise<Rig> {
    const rig = new Rig(await mkdtemp(path.join(tmpdir(), 'sluice-rig-')))
    await mkdir(path.join(rig.folder, 'node_modules'))
    await symlink(root, path.join(rig.folder, 'node_modules/sluice'), 'junction')
    await symlink(path.join(root, 'node_modules/zod'), path.join(rig.folder, 'node_modules/zod'), 'junction')
    await rig.write({ 'sluice.yaml': '', 'package.json': '{ "type": "module" }', ...files })
    return rig
  }

  /** Makes another package of this repository known to the project. */
  async link(name: string): Promise<void> {
    await symlink(path.join(root, 'node_modules', name), this.path(`node_modules/${name}`), 'junction')
  }

  path(file: string): string {
    return path.join(this.folder, file)
  }

  async write(files: { readonly [file: string]: string }): Promise<void> {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.dirname(this.path(file)), { recursive: true })
      await writeFile(this.path(file), text)
    }
  }

  read(file: string): Promise<string> {
    return readFile(this.path(file), 'utf8')
  }

  /** All files below a folder. */
  files(folder: string): Promise<string[]> {
    return readdir(this.path(folder), { recursive: true })
  }

  async remove(file: string): Promise<void> {
    await rm(this.path(file))
  }

  /** Replaces a text in a file; an error when it is not there. */
  async edit(file: string, from: string, to: string): Promise<void> {
    const text = await this.read(file)
    if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`)
    await this.write({ [file]: text.replace(from, to) })
  }

  /** Runs a command to its end. */
  sluice(...args: string[]): Promise<Ended> {
    return this.with({}, ...args)
  }

  with(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended> {
    const options = {
      cwd: this.folder,
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', SLUICE_ENV: undefined, ...env },
      maxBuffer: 1 << 28,
    }
    return new Promise((resolve) => {
      execFile(process.execPath, [cli, ...args], options, (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null
        resolve({ code, out, err, lines: jsonLines(out) })
      })
    })
  }

  /** Starts a command and leaves it running. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(process.execPath, [cli, ...args], {
      cwd: this.folder,
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', ...env },
    })
  }

  /** Runs flows; the outcome of each step, and the reasons. */
  async run(...args: string[]): Promise<
    Ended & {
      readonly outcomes: Readonly<Record<string, string>>
      readonly reasons: Readonly<Record<string, readonly string[]>>
    }
  > {
    const ended = await this.sluice('run', '--json', ...args)
    return { ...ended, ...stepsOf(ended.lines, 'outcome') }
  }

  /** The verdict of each step and its reasons. */
  async plan(...args: string[]): Promise<
    Ended & {
      readonly outcomes: Readonly<Record<string, string>>
      readonly reasons: Readonly<Record<string, readonly string[]>>
    }
  > {
    const ended = await this.sluice('plan', '--json', ...args)
    return { ...ended, ...stepsOf(ended.lines, 'verdict') }
  }

  /** Runs a command under strace: the files that it and its children opened, and how many processes there were. */
  async trace(...args: string[]): Promise<{ code: number; files: string[]; processes: number }> {
    const log = this.path('.trace')
    const options = { cwd: this.folder, env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' } }
    const command = ['-f', '-qq', '-e', 'trace=open,openat,execve', '-o', log, process.execPath, cli, ...args]
    const code = await new Promise<number>((resolve) => {
      execFile('strace', command, options, (error) => resolve(error === null ? 0 : 1))
    })
    const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => !line.includes('ENOENT'))
    const files = lines.flatMap((line) => /open(?:at)?\(.*?"([^"]+)"/.exec(line)?.[1] ?? [])
    return { code, files, processes: lines.filter((line) => line.includes('execve(')).length }
  }

  /** Waits until a file exists. */
  async until(file: string): Promise<void> {
    for (;;) {
      if (existsSync(this.path(file))) return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** All rows of a query over the tables, as objects of texts. */
  async query(sql: string, ...args: string[]): Promise<Record<string, string | null>[]> {
    const ended = await this.sluice('query', sql, '--json', ...args)
    if (ended.code !== 0) throw new Error(ended.out + ended.err)
    return ended.lines as unknown as Record<string, string | null>[]
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

function stepsOf(lines: readonly Line[], field: 'outcome' | 'verdict') {
  const ends = lines.filter((line) => line.step !== undefined && line[field] !== undefined)
  const outcomes = Object.fromEntries(ends.map((line) => [line.step ?? '', line[field] ?? '']))
  const reasons = Object.fromEntries(ends.map((line) => [line.step ?? '', line.reasons ?? []]))
  return { outcomes, reasons }
}

function jsonLines(text: string): Line[] {
  return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []))
}
