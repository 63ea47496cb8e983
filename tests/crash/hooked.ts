import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Line } from '../run/rig.ts'

/** What is to happen to the process of Sluice that `hook.mjs` is loaded into. */
export interface Hook {
  /** A file to which the names of the calls are written, with their paths. */
  readonly log?: string
  readonly at?: Moment
  readonly variant?: 'in-place' | 'rename-over' | 'commit-first' | 'trusting'
  /** Which process of a run works under strace, and with what options. */
  readonly strace?: { readonly entry: 'engine-main' | 'worker-main'; readonly args: readonly string[] }
}

/** At a call of this name the process dies, gets an error, or waits for a file. */
export type Moment = { readonly name: string } & (
  | { readonly kill: 'before' | 'after' }
  /** `all`: the names of the calls that fail from then on. */
  | { readonly errno: string; readonly all?: string }
  | { readonly reached: string; readonly pause: string }
  | { readonly swap: Swap }
)

/** Before the call, a link takes the place of what it is about. */
export interface Swap {
  /** How many folders above: 0 for the path itself. */
  readonly up: number
  /** Of a link or rename: what it is made from. */
  readonly from?: true
  readonly to: string
  /** Where what was there goes. */
  readonly moved: string
  /** A file that then tells the place. */
  readonly done: string
}

export interface Acknowledged {
  readonly table: string
  readonly version: string
}

export interface HookedRun {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly lines: readonly Line[]
  readonly out: string
  readonly err: string
  /** What the run said to be published before it ended. */
  readonly acknowledged: readonly Acknowledged[]
}

/** Who is killed: all processes of a run, or one of them. */
export type Victim = 'group' | 'coordinator' | 'engine-main' | 'worker-main'

/** How long processes may outlive their coordinator, in ms; they are much quicker on a machine with time. */
const orphansLive = 30_000

const hookFile = fileURLToPath(new URL('hook.mjs', import.meta.url))
const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

interface StartOptions {
  /** Words before those that start Node. */
  readonly before?: readonly string[]
  /** More options of `sluice run`. */
  readonly flags?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** Starts a run of the built command line, one step at a time, with the leader of a process group. */
export function startRun(
  folder: string,
  hook: Hook = {},
  { before = [], flags = [], env = {} }: StartOptions = {},
) {
  const json = JSON.stringify({ project: folder, ...hook })
  const run = ['run', '--json', '--concurrency', '1', ...flags]
  const words = [...before, process.execPath, '--import', hookFile, cli, ...run]
  const child = spawn(words[0] ?? '', words.slice(1), {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', SLUICE_TEST_HOOK: json, ...env },
  })
  const texts = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text))
  const ended = once(child, 'close').then(async (): Promise<HookedRun> => {
    if (child.pid !== undefined) await gone(child.pid)
    const lines = linesOf(texts.out)
    return { code: child.exitCode, signal: child.signalCode, lines, ...texts, acknowledged: published(lines) }
  })
  return { child, ended }
}

/** Kills a run that is under way, or only one of its processes; the whole run where there is no such process. */
export function killRun(run: ReturnType<typeof startRun>, victim: Victim): void {
  const { pid } = run.child
  if (pid === undefined || run.child.exitCode !== null || run.child.signalCode !== null) return
  if (victim === 'group') signal(-pid, 'SIGKILL')
  else if (victim === 'coordinator') signal(pid, 'SIGKILL')
  else signal(processOf(pid, victim) ?? pid, 'SIGKILL')
}

/** The process of a run that works with a program of ours. */
function processOf(coordinator: number, program: string): number | undefined {
  const children = read(`/proc/${coordinator}/task/${coordinator}/children`).split(' ').map(Number)
  return children.find((pid) => pid > 0 && read(`/proc/${pid}/cmdline`).includes(program))
}

/** A process may end while we look at it. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Waits until no process of a group is left: they end by themselves when their coordinator is gone. */
async function gone(group: number): Promise<void> {
  const begun = performance.now()
  while (signal(-group, 0)) {
    if (performance.now() - begun > orphansLive) {
      signal(-group, 'SIGKILL')
      throw new Error(`processes of a run that ended are still there after ${orphansLive} ms`)
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Runs to the end, whatever that is. */
export function hookedRun(folder: string, hook: Hook = {}): Promise<HookedRun> {
  return startRun(folder, hook).ended
}

/** Whether there was somebody to send it to. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    return false
  }
}

/** Whole lines only: the last one of a process that was killed may be torn. */
function linesOf(text: string): Line[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []))
}

function published(lines: readonly Line[]): Acknowledged[] {
  return lines.flatMap((line) =>
    line.event === 'step-finished' ? ((line['tables'] as Acknowledged[]) ?? []) : [],
  )
}
