import type { CopyCounts } from '../lake/copy-types.ts'
import type { CopyResult } from '../run/copy.ts'
import { bytesText, plural } from './amount.ts'

/** What a copy brought to where. */
export function copyText(result: CopyResult): string {
  const { dryRun, from, to, there, environments, verified } = result
  const end = Object.entries(environments).map(([env, commit]) => `${env} as of commit ${commit}`)
  const lines = [
    `${dryRun ? 'Would copy' : 'Copied'} ${countsText(result)}${there === 0 ? '' : `; ${plural(there, 'object was', 'objects were')} there already`}.`,
    `From ${from}`,
    `To   ${to}${dryRun || end.length === 0 ? '' : `: ${end.join(', ')}`}`,
  ]
  if (dryRun) lines.push('Nothing was changed: this was a dry run.')
  if (verified) {
    const { damaged, logProblems, files, bytes } = verified
    const faults = damaged.length + logProblems.length
    lines.push(
      `Verified ${plural(files, 'file')} of ${bytesText(bytes)} there: ${faults === 0 ? 'all is as it was written' : `${faults} damaged`}.`,
    )
  }
  return `${lines.join('\n')}\n`
}

/** How far a copy is, in one line. */
export function countsText({ versions, files, bytes, commits, records }: CopyCounts): string {
  const parts = [
    ...(versions > 0
      ? [`${plural(versions, 'version')} (${plural(files, 'file')}, ${bytesText(bytes)})`]
      : []),
    ...(commits > 0 ? [plural(commits, 'commit')] : []),
    ...(records > 0 ? [plural(records, 'record')] : []),
  ]
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}
