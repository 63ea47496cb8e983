import { appendFileSync, closeSync, constants, openSync } from 'node:fs'
import path from 'node:path'
import { inOwnFolder } from '../base/own-folder.ts'
import { problemsOf } from '../base/problem.ts'
import type { RunEvent, StepFinished } from './events.ts'
import type { RunOptions } from './options.ts'
import type { PluginHost } from './plugin-host.ts'
import type { Undated } from './scope.ts'
import type { Workspace } from './workspace.ts'

/** The one stream of what happens in a run: told to the caller, to plugins, and kept. */
export interface EventStream {
  readonly run: string
  readonly emit: (event: Undated<RunEvent>) => RunEvent
  /** Also tells plugins; they are loaded once declarations are known. */
  readonly attach: (plugins: PluginHost) => void
  close(): Promise<void>
}

/**
 * Begins a run's events. They are kept beside the lake under `runs/<run>/`: as they happen where the storage is
 * a folder, so that they survive whatever happens to this process; else at the end. Of a run that did nothing
 * only a summary is kept, and on a bucket nothing: there each request costs.
 */
export function eventStream(workspace: Workspace, options: RunOptions): EventStream {
  const { lake } = workspace
  const run = lake.runs.newId()
  const local = lake.storage.pathOf(`runs/${run}/events.jsonl`)
  const events: RunEvent[] = []
  let written = 0
  let active = false
  let plugins: PluginHost | undefined
  const begun = new Date().toISOString()
  const finished: StepFinished[] = []

  /** Appends what is new; a run record that cannot be written must not stop the run that it records. */
  function append(file: string): void {
    try {
      const root = path.resolve(path.dirname(file), '../..')
      inOwnFolder(root, path.dirname(file), (held) => {
        appendTo(path.join(held, path.basename(file)), linesOf(events.slice(written)))
      })
      written = events.length
    } catch {
      active = false
    }
  }

  function emit(event: object): RunEvent {
    const full = { at: new Date().toISOString(), run, ...event } as RunEvent
    events.push(full)
    if (full.event === 'step-finished') finished.push(full)
    if (full.event === 'step-started' || full.event === 'step-planned') active = true
    if (active && local !== undefined) append(local)
    options.onEvent?.(full)
    plugins?.tell(full)
    return full
  }

  /** Who may only read the lake can look at it all the same, and try a notebook on a sample. */
  async function keep(summary: string): Promise<void> {
    try {
      await lake.runs.put(run, 'summary.json', summary)
    } catch (error) {
      if (!problemsOf(error)) throw error
      if (active)
        emit({ event: 'notice', level: 'warn', message: 'the record of this run could not be kept' })
    }
  }

  return {
    run,
    emit,
    attach: (host) => {
      plugins = host
    },
    async close() {
      for (const failure of (await plugins?.close()) ?? []) {
        emit(failure)
      }
      if (finished.length === 0 || (!active && local === undefined)) return
      if (active && local === undefined) await lake.runs.put(run, 'events.jsonl', linesOf(events))
      const counts: Record<string, number> = {}
      for (const { outcome } of finished) counts[outcome] = (counts[outcome] ?? 0) + 1
      const summary = {
        run,
        env: workspace.envName,
        at: begun,
        ended: new Date().toISOString(),
        counts,
        flows: events.flatMap((event) => (event.event === 'run-started' ? event.flow : [])),
      }
      await keep(JSON.stringify(summary))
    },
  }
}

/** A link that stands where the file should be is not followed. */
function appendTo(file: string, text: string): void {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0)
  const handle = openSync(file, flags)
  try {
    appendFileSync(handle, text)
  } finally {
    closeSync(handle)
  }
}

/** One JSON object a line. */
function linesOf(events: readonly RunEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('')
}
