import { Command } from 'commander'
import type { LogEntry } from '../lake/types.ts'
import { tableLines, type TextColumn } from '../report/table-text.ts'
import { agoText } from '../report/time.ts'
import type { Cli, Output } from './cli.ts'
import { countOption, projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'
import { emptyText } from './tables.ts'

interface LogFlags extends ProjectFlags {
  readonly limit?: number
  readonly json?: true
}

const fewest = 20

export function logCommand(cli: Cli): Command {
  return withProject(new Command('log'))
    .description('list the commits of an environment, newest first')
    .argument('[table]', 'only commits that changed this table')
    .addOption(countOption('--limit <n>', `at most so many; ${fewest} when left out`))
    .option('--json', 'one JSON object for each commit')
    .action(async (table: string | undefined, flags: LogFlags) => {
      const { openLake } = await import('../run/open-lake.ts')
      const lake = await openLake(projectOptions(flags))
      try {
        const entries: LogEntry[] = []
        for await (const entry of lake.history(table, { limit: flags.limit ?? fewest })) {
          if (flags.json) cli.out.data(`${JSON.stringify(publicEntry(entry))}\n`)
          else entries.push(entry)
        }
        if (flags.json) return
        if (entries.length === 0) cli.err.write(`${emptyText(lake)}\n`)
        else cli.out.write(logText(entries, cli))
      } finally {
        await lake.close()
      }
    })
}

/** Commits as lines of a table. */
export function logText(
  entries: readonly LogEntry[],
  { out }: { readonly out: Pick<Output, 'width' | 'paint'> },
): string {
  const now = new Date()
  const rows = entries.map((entry) => [
    String(entry.number),
    agoText(entry.at, now),
    entry.kind,
    entry.step ?? sourceText(entry),
    changesOf(entry).join(', '),
    entry.run,
  ])
  const columns: readonly TextColumn[] = [
    { title: 'commit', align: 'right' },
    { title: 'when', minor: true },
    { title: 'kind', minor: true },
    { title: 'by' },
    { title: 'tables' },
    { title: 'run', minor: true, cut: 'end' },
  ]
  return `${tableLines(columns, rows, { width: out.width, paint: out.paint }).join('\n')}\n`
}

/** Where moved heads come from: `from dev at 7`, or the commit that was gone back to. */
function sourceText({ kind, source }: LogEntry): string {
  if (source === undefined) return ''
  return kind === 'rollback' ? `to commit ${source.commit}` : `from ${source.env} at ${source.commit}`
}

/** `silver.trips@3`, `-silver.trips` for a table that was removed, `silver.trips@6 = @3` for one that was restored. */
function changesOf(entry: LogEntry): string[] {
  // A release changes no head.
  if (entry.kind === 'release') return Object.keys(entry.steps)
  return Object.entries(entry.heads).map(([table, head]) => {
    if (head === null) return `-${table}`
    const was = entry.restored?.[table]
    return was === undefined ? `${table}@${head.seq}` : `${table}@${head.seq} = @${was}`
  })
}

/** A commit without what only the log itself needs. */
function publicEntry({ since: _since, checkpoint: _checkpoint, ...entry }: LogEntry): object {
  return entry
}
