import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { readFileSync, writeFileSync } from 'node:fs'
import { checkout, installedSluice } from './scratch.ts'

export interface Ended {
  /** From the start of the process to its end. */
  readonly ms: number
  readonly stdout: string
  readonly stderr: string
  /** User and system time, with that of all processes that it started, where that was asked for. */
  readonly cpuMs?: number
}

/** Runs a program to its end. Throws with what it printed when it fails. */
export function timed(
  file: string,
  args: readonly string[],
  { cwd = checkout, env = {} }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Ended {
  const start = performance.now()
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ms = performance.now() - start
  if (error) throw error
  if (status === 0) return { ms, stdout, stderr }
  throw new Error(
    `${file} ${args.join(' ')} ended with ${status}\n${stdout.slice(-2000)}\n${stderr.slice(-4000)}`,
  )
}

/** Runs a program, with its processor time and that of all that it started. */
export function withCpu(cwd: string, file: string, args: readonly string[]): Ended {
  const script = 'TIMEFORMAT="%U %S"; time "$@" >"$0" 2>&1'
  const out = join(cwd, '.output')
  const { ms, stderr } = timed('bash', ['-c', script, out, file, ...args], { cwd })
  const times = stderr.trim().split(/\s+/).slice(-2).map(Number)
  return {
    ms,
    stdout: readFileSync(out, 'utf8'),
    stderr,
    cpuMs: times.reduce((sum, each) => sum + each, 0) * 1000,
  }
}

/** Runs the built command line in a project. */
export function sluice(project: string, ...words: readonly string[]): Ended {
  return timed(process.execPath, [join(installedSluice(), 'dist/cli/main.js'), ...words], { cwd: project })
}

/** Statements for one DuckDB process, with its settings. */
export interface Statements {
  readonly settings: { readonly [name: string]: string }
  readonly statements: readonly string[]
}

/** What a process of nothing but DuckDB took: in all, and without its start. */
export interface DuckDbTimes {
  readonly ms: number
  readonly openMs: number
  readonly statementsMs: number
}

/** Runs statements one after the other in a DuckDB process of their own. `folder` takes the file that lists them. */
export function duckDb(folder: string, statements: Statements): DuckDbTimes {
  const file = join(folder, 'statements.json')
  writeFileSync(file, JSON.stringify(statements))
  const { ms, stdout } = timed(process.execPath, [join(checkout, 'bench/duckdb-only.mjs'), file])
  return { ms, ...(JSON.parse(stdout) as { openMs: number; statementsMs: number }) }
}
