import type { ReleaseResult } from '../run/release.ts'
import type { RestoredTable, RestoreResult } from '../run/restore.ts'
import { plural } from './amount.ts'
import { agoText } from './time.ts'
import { wrapped } from './wrap.ts'

/** What was restored, that it is held, and what is next. */
export function restoreText({ tables, commit, env }: RestoreResult, width: number): string {
  const now = new Date()
  const asked = tables.filter(({ along }) => !along).map(({ table }) => table)
  const lines = tables.map((each) => tableLine(each, asked, now))
  if (commit === undefined) return paragraphs([...lines, 'Nothing was changed.'], width)
  const held = tables.filter((each) => each.held).map(({ table }) => table)
  const loose = tables.filter((each) => !each.held).map(({ table }) => table)
  if (held.length > 0)
    lines.push(
      `Held: runs leave ${held.join(', ')} alone until \`sluice release ${held.join(' ')}\`, a run with --force, or a change of the code.`,
    )
  if (loose.length > 0)
    lines.push(
      `Not held: environment '${env}' remembers no step that writes ${loose.join(', ')}; the next run may write again.`,
    )
  lines.push(
    `That is commit ${commit}. Steps that read these tables are stale now: \`sluice run\` runs them.`,
  )
  return paragraphs(lines, width)
}

function tableLine(
  { table, from, seq, rows, writtenAt, along, moved }: RestoredTable,
  asked: readonly string[],
  now: Date,
): string {
  if (!moved) return `${table}@${seq} is what was asked for already.`
  const why = along ? `, together with ${asked.join(', ')}: one step writes them` : ''
  const written = writtenAt === '' ? '' : `, written ${agoText(writtenAt, now)}`
  return `${table}@${seq} is what @${from} was (${plural(rows, 'row')}${written})${why}.`
}

/** What runs may write again. */
export function releaseText({ released, free, commit, env }: ReleaseResult, width: number): string {
  const lines = free.map((table) => `${table} is not held in environment '${env}'.`)
  if (commit === undefined) return paragraphs([...lines, 'Nothing was changed.'], width)
  lines.push(`Released ${released.join(', ')}: the next run judges as usual, and may write again.`)
  return paragraphs(lines, width)
}

function paragraphs(lines: readonly string[], width: number): string {
  return `${lines.flatMap((line) => wrapped(line, width)).join('\n')}\n`
}
