import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Asked, Continued, RunProcess, RunRequest } from './asked.ts'
import type { RunOptions } from './options.ts'
import type { Target } from './targets.ts'

/** What is kept of a run that was asked for like this. A flow that a program built can only be run by that program. */
export function askedOf(
  target: Target | { readonly notebook: string },
  options: RunOptions,
  continued?: Continued,
): Asked {
  const request = requestOf(target, options)
  return {
    ...(request && { request }),
    process: thisProcess(),
    ...(continued && { resumes: continued.run }),
  }
}

function requestOf(
  target: Target | { readonly notebook: string },
  { select, from, args, force, concurrency, keepGoing, noCache }: RunOptions,
): RunRequest | undefined {
  const how = { select, from, args, force, concurrency, keepGoing, noCache }
  if (target === undefined || typeof target === 'string' || Array.isArray(target))
    return { targets: typeof target === 'string' ? [target] : [...(target ?? [])], ...how }
  return 'notebook' in target ? { targets: [], notebook: target.notebook, ...how } : undefined
}

function thisProcess(): RunProcess {
  const began = beganAt(process.pid)
  return { host: hostname(), pid: process.pid, ...(began !== undefined && { began }) }
}

/** Whether the process of a run lives; undefined where that cannot be told from here. */
export function isAlive({ host, pid, began }: RunProcess): boolean | undefined {
  if (host !== hostname()) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    // It is there, and another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const now = beganAt(pid)
  return began === undefined || now === undefined || now === began
}

function beganAt(pid: number): string | undefined {
  try {
    // The name of the program stands in brackets before, and may hold anything.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19]
  } catch {
    // Not on Linux, or it is gone.
    return undefined
  }
}
