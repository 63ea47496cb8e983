/**
 * A plugin watches what happens in runs, and may add a command. It cannot change a run. The events are those
 * of `run/events.ts`; they are typed loosely here because a flow only carries the plugin.
 */
export interface Plugin<Event = unknown> {
  /** Letters, digits, _ and -; no two plugins share one. */
  readonly name: string
  /** Called with every event, in order. What it throws is reported and does not fail the run. */
  onEvent?(event: Event): void | Promise<void>
  /** Commands for `sluice <name>`; names of Sluice's own are refused. */
  readonly commands?: { readonly [name: string]: PluginCommand }
}

export interface PluginCommand {
  readonly description: string
  run(context: { readonly args: readonly string[]; readonly projectRoot: string }): void | Promise<void>
}
