import { Option } from 'commander'
import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { PartitionFilter } from '../run/lake-partitions.ts'
import type { OpenTable } from '../run/open-lake.ts'

/** `--partition month=2019-01`, or `--partition region=eu/month=2019-01`; may be given several times. */
export function partitionOption(): Option {
  return new Option('--partition <column=value>', 'only this partition').argParser(
    (text: string, before?: PartitionFilter): PartitionFilter => ({ ...before, ...parsePartition(text) }),
  )
}

function parsePartition(text: string): PartitionFilter {
  return Object.fromEntries(
    text.split('/').map((part) => {
      const split = part.indexOf('=')
      const [column, value] = [decoded(part.slice(0, Math.max(0, split))), decoded(part.slice(split + 1))]
      if (split >= 1 && column !== undefined && value !== undefined) return [column, value]
      throw new ProblemError({
        code: 'project/usage',
        message: `--partition ${text}: a column and its value are expected`,
        hint: 'such as month=2019-01, as `sluice show` names partitions',
      })
    }),
  )
}

/** The names of partitions are percent-encoded where they must be. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

/** Refuses a filter that leaves nothing of a table: what a person names is there. */
export async function requirePartition(table: OpenTable, filter: PartitionFilter | undefined): Promise<void> {
  if (filter === undefined || (await table.partitions(filter)).length > 0) return
  const said = Object.entries(filter).map(([column, value]) => `${column}=${String(value)}`)
  const { name } = await table.info()
  const names = (await table.partitions()).map((each) => each.name)
  throw new ProblemError({
    code: 'project/unknown',
    message: `table '${name}' has no partition ${said.join('/')}`,
    hint: didYouMean(said.join('/'), names) ?? `\`sluice show ${name}\` lists them`,
  })
}
