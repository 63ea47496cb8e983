import type { Problem } from '../base/problem.ts'
import { ProblemError } from '../base/problem.ts'
import { Child, ChildEnded, ChildThrew } from './child.ts'
import { processEntry } from '../base/entries.ts'
import type { PluginFailed, RunEvent } from './events.ts'
import type { WorkerCalls } from './protocol.ts'

/** What a plugin that threw gives: an event without run and time. */
export type PluginFailure = Omit<PluginFailed, 'at' | 'run'>

/** Plugins, in a process of their own: they see every event in order, and can neither change nor stop a run. */
export class PluginHost {
  private readonly child: Child<WorkerCalls>
  private readonly failures: PluginFailure[] = []
  private queue: Promise<void> = Promise.resolve()

  private constructor(child: Child<WorkerCalls>) {
    this.child = child
  }

  /** Loads plugins; throws a ProblemError for those that have not the form of one. */
  static async start(
    projectRoot: string,
    modules: readonly string[],
    flowFiles: readonly string[],
  ): Promise<PluginHost> {
    const { entry, execArgv } = processEntry('run/worker-main')
    const child = new Child<WorkerCalls>(entry, { execArgv })
    const { problems } = await child.call('plugins', { projectRoot, modules, flowFiles })
    if (problems.length === 0) return new PluginHost(child)
    await child.close()
    throw new ProblemError(problems)
  }

  tell(event: RunEvent): void {
    this.queue = this.queue.then(() => this.hand(event))
  }

  /** Waits until every event was seen; gives what plugins threw, each message once. */
  async close(): Promise<readonly PluginFailure[]> {
    await this.queue
    await this.child.close()
    return this.failures
  }

  private async hand(event: RunEvent): Promise<void> {
    try {
      const { failed } = await this.child.call('observe', { event })
      for (const { plugin, message } of failed) this.fail(plugin, `plugin '${plugin}' threw: ${message}`)
    } catch (error) {
      // What a plugin throws where nobody awaits it: its name is not known.
      if (error instanceof ChildThrew) return this.fail('plugins', `a plugin threw: ${error.message}`)
      if (!(error instanceof ChildEnded)) throw error
      this.fail('plugins', `the process of the plugins ended: ${error.message}`)
    }
  }

  private fail(plugin: string, message: string): void {
    const problem: Problem = { code: 'plugin/threw', message }
    if (this.failures.some((known) => known.problem.message === message)) return
    this.failures.push({ event: 'plugin-failed', plugin, problem })
  }
}
