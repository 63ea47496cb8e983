import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ProblemError } from '../base/problem.ts'
import { findProject } from '../flow/project.ts'
import type { RunOptions, RunResult } from './options.ts'
import { run } from './run.ts'
import type { Target } from './targets.ts'

/** How long files must be at rest before a run begins, in milliseconds: editors write in several steps. */
const rest = 100

/** What happened in one round. */
export type WatchRound = { readonly result: RunResult } | { readonly problems: ProblemError }

/**
 * Runs what is stale, and again whenever a file of the project changes, until `options.signal` is aborted.
 * What is wrong with the project is told to `onRound` and mended by the next edit.
 */
export async function watch(
  target: Target,
  options: RunOptions,
  onRound: (round: WatchRound) => void,
): Promise<void> {
  const { root } = await findProject(options.projectRoot)
  const { watch: watchFiles } = await import('chokidar')
  const watcher = watchFiles(root, { ignoreInitial: true, ignored: (file) => isIgnored(root, file) })
  const stopped = options.signal ?? new AbortController().signal
  let changed = 0
  let wake: () => void = () => undefined
  const untilChanged = async (seen: number) => {
    if (changed !== seen || stopped.aborted) return
    await new Promise<void>((resolve) => {
      wake = resolve
    })
    await untilChanged(seen)
  }
  watcher.on('all', () => {
    changed++
    wake()
  })
  const stop = () => wake()
  stopped.addEventListener('abort', stop, { once: true })
  try {
    await new Promise<void>((resolve) => watcher.once('ready', resolve))
    while (!stopped.aborted) {
      const seen = changed
      onRound(await round(target, options))
      await untilChanged(seen)
      await settled(() => changed)
    }
  } finally {
    stopped.removeEventListener('abort', stop)
    await watcher.close()
  }
}

async function round(target: Target, options: RunOptions): Promise<WatchRound> {
  try {
    return { result: await run(target, options) }
  } catch (error) {
    if (error instanceof ProblemError) return { problems: error }
    throw error
  }
}

/** Waits until nothing has changed for a moment. */
async function settled(count: () => number): Promise<void> {
  for (let before = -1; before !== count();) {
    before = count()
    await wait(rest)
  }
}

/** Caches, the lake and packages change by themselves. */
function isIgnored(root: string, file: string): boolean {
  const [first, second] = path.relative(root, file).split(path.sep)
  if (first === 'node_modules' || first === '.git' || first === '.sluice' || first === 'dist') return true
  return first === 'storage' && second === 'lake'
}
