import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { startRun, type Hook, type HookedRun } from './hooked.ts'
import type { Lane } from './lane.ts'

/** Where CI runs, strace is there; elsewhere tests that need it are left out, and say so. */
export const canTrace = process.env['CI'] !== undefined || spawnSync('strace', ['-V']).status === 0
if (!canTrace) console.warn('left out: what is done to system calls needs strace, which is not installed')

/** The processes of a run. */
export type Who = 'coordinator' | 'engine-main' | 'worker-main'

/** Runs with one of its processes under strace. */
export function tracedRun(
  lane: Lane,
  who: Who,
  options: readonly string[],
  variant?: Hook['variant'],
): Promise<HookedRun> {
  const hook: Hook = variant === undefined ? {} : { variant }
  const args = ['-f', '-qq', ...options]
  if (who !== 'coordinator') return startRun(lane.folder, { ...hook, strace: { entry: who, args } }).ended
  // One thread for files, so that each call has the same number in every run; other programs are let go.
  const env = { UV_THREADPOOL_SIZE: '1' }
  return startRun(lane.folder, hook, { before: ['strace', '-b', 'execve', ...args], env }).ended
}

/** The calls of a thread, as strace writes them, in order; paths of files are told. */
export async function callsOf(
  lane: Lane,
  who: Who,
  calls: readonly string[],
  variant?: Hook['variant'],
): Promise<Map<string, string[]>> {
  const log = lane.rig.path('trace')
  const run = await tracedRun(lane, who, ['-y', '-o', log, '-e', `trace=${calls.join()}`], variant)
  if (run.code !== 0) throw new Error(`a traced run ends with ${run.code}: ${run.out}${run.err}`)
  const threads = new Map<string, string[]>()
  for (const line of (await readFile(log, 'utf8')).split('\n')) {
    const thread = /^\d+ +\w+\(/.test(line) ? line.split(' ')[0] : undefined
    if (thread !== undefined) threads.set(thread, [...(threads.get(thread) ?? []), line])
  }
  return threads
}

/** Kills the process when one of its threads makes a call for the nth time; says whether one did. */
export async function killedAt(
  lane: Lane,
  { who, call, nth }: { readonly who: Who; readonly call: string; readonly nth: number },
  variant?: Hook['variant'],
): Promise<{ readonly run: HookedRun; readonly killed: boolean }> {
  const log = lane.rig.path('trace')
  const inject = `inject=${call}:signal=KILL:when=${nth}`
  const run = await tracedRun(lane, who, ['-o', log, '-e', `trace=${call}`, '-e', inject], variant)
  return { run, killed: (await readFile(log, 'utf8')).includes('killed by SIGKILL') }
}
