import type { TableDiff } from '../run/diff-result.ts'
import type { PromotePlan, PromotedTable } from '../run/promote-plan.ts'
import type { PromoteResult } from '../run/promote.ts'
import type { RollbackPlan, RollbackResult } from '../run/rollback.ts'
import { countText, plural } from './amount.ts'
import { changesText, countsText } from './contract-text.ts'
import { unjudged } from './env-text.ts'
import { plainPaint } from './paint.ts'
import type { ViewOptions } from './plan-text.ts'
import { tableLines } from './table-text.ts'
import { agoText } from './time.ts'
import { wrapped } from './wrap.ts'

/** What a promote would change: tables, contracts, rows, and what it leaves stale. */
export function promoteText(plan: PromotePlan, options: ViewOptions = {}): string {
  const { width = Infinity, paint = plainPaint } = options
  const { from, to, tables, contracts, data, stale, released, steps } = plan
  const head = `${from.env} (commit ${from.commit}) to ${to.env} (${to.commit === 0 ? 'new' : `commit ${to.commit}`})`
  const rows = tables.map((table) => [
    table.table,
    table.before ? `@${table.before.seq}` : '-',
    `@${table.after.seq}`,
    rowsText(table),
    changeText(table, data),
  ])
  const columns = [
    { title: 'table' },
    { title: to.env, align: 'right' as const },
    { title: from.env, align: 'right' as const },
    { title: 'rows', align: 'right' as const },
    { title: 'change', cut: 'end' as const },
  ]
  const along = tables.flatMap((table) => (table.along ? [table.table] : []))
  const notes = [
    ...(along.length > 0 ? [`come along, written by the same steps: ${along.join(', ')}`] : []),
    ...(steps.length > 0 ? [`steps without tables: ${steps.join(', ')}`] : []),
    ...(released.length > 0
      ? [`restored in ${to.env}, and held no longer after a promote: ${released.join(', ')}`]
      : []),
    ...(stale.length > 0 ? [`stale in ${to.env} afterwards: ${stale.map(staleText).join(', ')}`] : []),
  ]
  const changed =
    contracts.length === 0
      ? ''
      : `contracts: ${countsText(contracts)}\n${changesText(contracts.map(unjudged), paint)}`
  const lines = rows.length === 0 ? [] : tableLines(columns, rows, options)
  return `${[paint.bold(head), ...lines, ...notes.flatMap((note) => wrapped(note, width))].join('\n')}\n${changed}`
}

function staleText({ step, table }: PromotePlan['stale'][number]): string {
  return `${step} (reads ${table})`
}

function rowsText({ before, after }: Pick<PromotedTable, 'before' | 'after'>): string {
  const [one, two] = [before && countText(before.rows), countText(after.rows)]
  return one === undefined || one === two ? two : `${one} -> ${two}`
}

function changeText({ table, is }: PromotedTable, data: readonly TableDiff[] | undefined): string {
  if (is !== 'changed') return is === 'new' ? 'new table' : 'same version'
  const diff = data?.find((each) => each.table === table)
  if (diff === undefined) return 'another version'
  const { added, removed, changed } = diff.rows
  const counts = [
    [added, 'added'] as const,
    [removed, 'removed'] as const,
    [changed, 'changed'] as const,
  ].flatMap(([count, word]) => (count > 0 ? [`${countText(count)} ${word}`] : []))
  return counts.length === 0 ? 'the same rows' : counts.join(', ')
}

/** How a promote ended, in a line. */
export function promotedText({ outcome, plan, commit }: PromoteResult): string {
  const { from, to, tables } = plan
  const count = plural(tables.length, 'table')
  const texts = {
    promoted: `promoted: ${count} of ${to.env} ${tables.length === 1 ? 'is' : 'are'} as in ${from.env} (commit ${commit}).`,
    nothing: `nothing to promote: ${to.env} has what ${from.env} has.`,
    planned: 'nothing was done: this is what would be.',
    declined: 'nothing was done.',
    refused: 'refused: nothing was done.',
  }
  return `${texts[outcome]}\n`
}

/** What a rollback would change. */
export function rollbackText(plan: RollbackPlan, options: ViewOptions = {}): string {
  const { width = Infinity, paint = plainPaint } = options
  const { env, from, to, at, tables, again, held } = plan
  const when = at === undefined ? '' : `, of ${agoText(at, new Date())}`
  const rows = tables.map(({ table, before, after }) => [
    table,
    before ? `@${before.seq}` : '-',
    after ? `@${after.seq}` : 'goes',
    after ? (before ? rowsText({ before, after }) : countText(after.rows)) : '',
  ])
  const columns = [
    { title: 'table' },
    { title: `at ${from}`, align: 'right' as const },
    { title: `at ${to}`, align: 'right' as const },
    { title: 'rows', align: 'right' as const },
  ]
  const back = tables.some(({ after }) => after !== undefined)
  const notes = [
    ...(held && back
      ? [`runs in ${env} leave these tables alone until they are released, forced, or their code changes`]
      : []),
    ...(again.length > 0 ? [`had never run then, and will run again: ${again.join(', ')}`] : []),
  ]
  const lines = rows.length === 0 ? [] : tableLines(columns, rows, options)
  const head = paint.bold(`${env} back to commit ${to}${when}`)
  return `${[head, ...lines, ...notes.flatMap((note) => wrapped(note, width))].join('\n')}\n`
}

/** How a rollback ended, in a line. */
export function rolledBackText({ outcome, plan, commit }: RollbackResult): string {
  const texts = {
    'rolled-back': `rolled back: ${plan.env} is what it was at commit ${plan.to} (now commit ${commit}).`,
    nothing: `nothing to do: ${plan.env} is what it was at commit ${plan.to}.`,
    planned: 'nothing was done: this is what would be.',
    declined: 'nothing was done.',
    refused: 'refused: nothing was done.',
  }
  return `${texts[outcome]}\n`
}
