import { Command } from 'commander'
import { bytesText, countText } from '../report/amount.ts'
import { tableLines } from '../report/table-text.ts'
import { agoText } from '../report/time.ts'
import type { OpenLake } from '../run/open-lake.ts'
import type { Cli } from './cli.ts'
import { projectOptions, withProject } from './options.ts'
import type { ProjectFlags } from './options.ts'

interface TablesFlags extends ProjectFlags {
  readonly json?: true
  readonly digest?: true
}

export function tablesCommand(cli: Cli): Command {
  return withProject(new Command('tables'))
    .description('list the tables of an environment')
    .option('--digest', 'with the content digest of each: equal rows have equal digests')
    .option('--json', 'an array of JSON objects, one for each table')
    .action(async (flags: TablesFlags) => {
      const { openLake } = await import('../run/open-lake.ts')
      const lake = await openLake(projectOptions(flags))
      try {
        await listTables(lake, flags, cli)
      } finally {
        await lake.close()
      }
    })
}

async function listTables(lake: OpenLake, flags: TablesFlags, { out, err }: Cli): Promise<void> {
  const tables = await lake.tables()
  const digests = flags.digest
    ? await digestsOf(
        lake,
        tables.map(({ name }) => name),
      )
    : undefined
  if (flags.json) {
    const list = tables.map((table, at) => ({ ...table, digest: digests?.[at] }))
    return out.data(`${JSON.stringify(list, null, 2)}\n`)
  }
  if (tables.length === 0) return err.write(`${emptyText(lake)}\n`)
  const now = new Date()
  const rows = tables.map((table, at) => [
    `${table.name}@${table.seq}${table.held ? ' held' : ''}`,
    countText(table.rows),
    bytesText(table.bytes),
    agoText(table.updatedAt, now),
    table.notebook,
    digests?.[at]?.slice(0, 16) ?? '',
  ])
  const columns = [
    { title: 'table' },
    { title: 'rows', align: 'right' as const },
    { title: 'size', align: 'right' as const },
    { title: 'written', minor: true as const },
    { title: 'notebook', minor: true as const },
    ...(digests ? [{ title: 'digest' }] : []),
  ]
  out.write(`${tableLines(columns, rows, { width: out.width, paint: out.paint }).join('\n')}\n`)
}

/** One after the other: each reads a whole table. */
async function digestsOf(lake: OpenLake, names: readonly string[]): Promise<string[]> {
  const digests: string[] = []
  for (const name of names) digests.push(await lake.digest(name))
  return digests
}

/** What to say instead of an empty list. */
export function emptyText({ env, where }: OpenLake): string {
  return `Environment '${env}' has no tables yet (${where}): \`sluice run\` writes them.`
}
