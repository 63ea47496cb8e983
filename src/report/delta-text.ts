import type { ExportDeltaResult } from '../run/export-delta.ts'
import { plural } from './amount.ts'

/** What an export for readers of Delta tables did. */
export function deltaText({ env, commit, tables, written, problems, where }: ExportDeltaResult): string {
  if (commit === 0)
    return `Environment '${env}', whose tables are exported, has no commits yet (${where}):\n\`sluice run --env ${env}\` writes them.\n`
  const changed = Object.keys(tables).length
  if (changed === 0) return `The Delta logs of '${env}' are up to date, as of commit ${commit}.\n`
  const warned = problems.length === 0 ? '' : `, ${plural(problems.length, 'warning')}`
  return `Exported ${plural(changed, 'table')} of '${env}' as of commit ${commit}: ${plural(written, 'version')} written${warned}.\n`
}
