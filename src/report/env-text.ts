import type { CreatedEnvironment } from '../run/env-create.ts'
import type { EnvironmentDiff, EnvironmentTable } from '../run/env-diff.ts'
import type { EnvironmentInfo } from '../run/env-list.ts'
import type { UpdatedEnvironment } from '../run/env-update.ts'
import { countText, plural } from './amount.ts'
import { changesText, countsText } from './contract-text.ts'
import { plainPaint } from './paint.ts'
import type { ViewOptions } from './plan-text.ts'
import { tableLines } from './table-text.ts'
import { agoText } from './time.ts'
import { wrapped } from './wrap.ts'

/** A list of environments. */
export function environmentsText(list: readonly EnvironmentInfo[], options: ViewOptions = {}): string {
  const now = new Date()
  const rows = list.map((env) => [
    env.name,
    countText(env.tables),
    env.changedAt === undefined ? '' : agoText(env.changedAt, now),
    String(env.commit),
    env.origin ? `${env.origin.env} at ${env.origin.commit}` : '',
    noteOf(env),
  ])
  const columns = [
    { title: 'environment' },
    { title: 'tables', align: 'right' as const },
    { title: 'changed' },
    { title: 'commit', align: 'right' as const, minor: true as const },
    { title: 'from', minor: true as const },
    { title: '', minor: true as const },
  ]
  return `${tableLines(columns, rows, options).join('\n')}\n`
}

function noteOf(env: EnvironmentInfo): string {
  const words = [
    ...(env.current ? ['current'] : []),
    ...(env.promoteOnly ? ['promotes only'] : env.protected ? ['protected'] : []),
  ]
  return words.join(', ')
}

/** What an environment was begun as. */
export function createdText({ env, from, fromCommit, tables }: CreatedEnvironment): string {
  return `${env} begins as ${from} at commit ${fromCommit}: ${plural(tables, 'table')}, nothing was copied.\n`
}

/** What an environment took over, and what it kept. */
export function updatedText(made: UpdatedEnvironment, width = Infinity): string {
  const { env, from, fromCommit, commit, taken, kept } = made
  if (commit === undefined) return `${env} is up to date with ${from} (commit ${fromCommit}).\n`
  const lines = [
    `${env} is brought up to ${from} at commit ${fromCommit}: ${plural(taken.length, 'table')} taken over.`,
    ...(taken.length > 0 ? [`  taken  ${taken.join(', ')}`] : []),
    ...(kept.length > 0 ? [`  kept   ${kept.join(', ')} (changed in both)`] : []),
    ...(taken.length > 0 ? [`sluice run --env ${env} computes what no longer fits together.`] : []),
  ]
  return `${lines.flatMap((line) => wrapped(line, width)).join('\n')}\n`
}

const words = { same: 'same', other: 'other', 'only-before': '', 'only-after': '' } as const

/** The tables of two environments, one line each, those that differ first; then their contracts. */
export function environmentDiffText(diff: EnvironmentDiff, options: ViewOptions = {}): string {
  const { paint = plainPaint } = options
  const { before, after, tables, contracts } = diff
  const differ = tables.filter(({ is }) => is !== 'same')
  const same = tables.length - differ.length
  const rows = differ.map((each) => [
    each.table,
    isText(each, diff),
    seqText(each.before),
    seqText(each.after),
    rowsText(each),
  ])
  const columns = [
    { title: 'table' },
    { title: '' },
    { title: before, align: 'right' as const },
    { title: after, align: 'right' as const },
    { title: 'rows', align: 'right' as const, minor: true as const },
  ]
  const lines = differ.length === 0 ? [] : tableLines(columns, rows, options)
  const end = `${plural(same, 'table')} ${same === 1 ? 'is' : 'are'} the same version, ${differ.length} ${differ.length === 1 ? 'differs' : 'differ'}.`
  const changed =
    contracts.length === 0
      ? ''
      : `contracts: ${countsText(contracts)}\n${changesText(contracts.map(unjudged), paint)}`
  const hint = differ.length === 0 ? '' : `\`sluice diff ${before}..${after}\` compares the rows.\n`
  return `${[...lines, end].join('\n')}\n${changed}${hint}`
}

/** A change that no lock has judged. */
export function unjudged<T extends object>(change: T): T & { readonly acknowledged: undefined } {
  return { ...change, acknowledged: undefined }
}

function isText({ is }: EnvironmentTable, { before, after }: EnvironmentDiff): string {
  if (is === 'only-before') return `only in ${before}`
  return is === 'only-after' ? `only in ${after}` : words[is]
}

function seqText(side: EnvironmentTable['before']): string {
  return side === undefined ? '-' : `@${side.seq}`
}

function rowsText({ before, after }: EnvironmentTable): string {
  const [one, two] = [before, after].map((side) => (side === undefined ? '-' : countText(side.rows)))
  return one === two ? (one ?? '') : `${one} -> ${two}`
}
