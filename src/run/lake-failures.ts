import { emptyRecord } from '../base/record.ts'
import { tableNameFault } from '../base/names.ts'
import type { Lake } from '../lake/lake.ts'
import { timeOfVersion } from '../lake/version-id.ts'
import { layout } from '../storage/layout.ts'
import { summaryOf } from './lake-runs.ts'

/** Rows that break checks of a table, as the last run that had some kept them. */
export interface KeptFailuresOf {
  readonly run: string
  /** When that run began, ISO 8601. */
  readonly at: string
  /** By the name of the check: its Parquet file on this machine. */
  readonly files: { readonly [check: string]: string }
}

/** How many runs back are looked through. */
const searched = 200

/** The rows that the last run of an environment kept which kept some, of one check or of all; undefined when there are none. */
export async function findFailures(
  lake: Lake,
  env: string,
  table: string,
  check?: string,
): Promise<KeptFailuresOf | undefined> {
  if (tableNameFault(table) !== undefined) return undefined
  for (const run of await lake.runs.list({ limit: searched })) {
    const folder = layout.failuresFolder(run, table)
    const files = emptyRecord<string>()
    for await (const { key } of lake.storage.list(folder)) {
      const name = key.slice(folder.length).replace(/\.parquet$/, '')
      if (check === undefined || check === name) files[name] = await lake.storage.localPath(key)
    }
    const found = Object.keys(files).length > 0 && (await summaryOf(lake, run)).env === env
    if (found) return { run, at: timeOfVersion(run).toISOString(), files }
  }
  return undefined
}
