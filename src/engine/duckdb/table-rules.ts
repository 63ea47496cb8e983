import { parseDuration } from '../../base/duration.ts'
import { quoteName, relationName } from '../../contract/render.ts'
import { boundsText, checkText } from '../../contract/check-text.ts'
import type { DeclaredCheck } from '../../contract/spec.ts'
import type { Others } from './check-sql.ts'
import { bindParams } from './params.ts'
import { breaks, byCount, type Rule, type RuledRows } from './rules.ts'
import { quoteText, subquery } from './sql-text.ts'

type Of<K extends DeclaredCheck['kind']> = Extract<DeclaredCheck, { kind: K }>

/**
 * Checks of a table as a whole.
 *
 * @param now milliseconds since 1970, for checks of age
 */
export function tableRules(rows: RuledRows, now: number): Rule[] {
  return rows.table.checks.flatMap((check): Rule[] => {
    if (check.kind === 'rowCount') return [countRule(rows, check)]
    if (check.kind === 'fresh') return [freshRule(rows, check, now)]
    if (check.kind === 'value') return [valueRule(rows, check)]
    return check.kind === 'query' ? queryRule(rows, check) : []
  })
}

function rule(check: DeclaredCheck, ask: string, judge: Rule['judge']): Rule {
  return { code: 'contract/check', name: check.name, check, ask, judge }
}

/** Judges by what the answer has as `broken`; `says` puts into words what it has as `found`. */
function byAnswer(check: DeclaredCheck, says: (found: string | null) => string): Rule['judge'] {
  return ({ broken, found }) =>
    broken === true ? { rows: 0, says: `${says(found as string | null)} (check '${check.name}')` } : undefined
}

function number(value: number): string {
  return `CAST(${quoteText(String(value))} AS DOUBLE)`
}

function outside({ min, max }: { readonly min?: number; readonly max?: number }, value: string): string {
  const less = min === undefined ? [] : [`${value} < ${number(min)}`]
  const more = max === undefined ? [] : [`${value} > ${number(max)}`]
  return `(${[...less, ...more].join(' OR ') || 'false'})`
}

function countRule({ relation }: RuledRows, check: Of<'rowCount'>): Rule {
  const ask = `SELECT ${outside(check, 'n')} AS broken, n::VARCHAR AS found FROM (SELECT count(*) AS n FROM ${relation})`
  return rule(
    check,
    ask,
    byAnswer(check, (found) => `it has ${found} rows, and ${boundsText(check)} are expected`),
  )
}

function freshRule({ relation }: RuledRows, check: Of<'fresh'>, now: number): Rule {
  const oldest = new Date(now - (parseDuration(check.within) ?? 0))
    .toISOString()
    .replace('T', ' ')
    .slice(0, -1)
  const latest = `SELECT CAST(max(${quoteName(check.column)}) AS TIMESTAMP) AS latest FROM ${relation}`
  const ask = `SELECT latest IS NULL OR latest < CAST(${quoteText(oldest)} AS TIMESTAMP) AS broken,
    latest::VARCHAR AS found FROM (${latest})`
  const says = (found: string | null) =>
    found === null
      ? `it has no '${check.column}', and one not older than ${check.within} is expected`
      : `its latest '${check.column}' is ${found}, older than ${check.within}`
  return rule(check, ask, byAnswer(check, says))
}

function valueRule({ relation }: RuledRows, check: Of<'value'>): Rule {
  const value = `SELECT (${check.expression}\n) AS v FROM ${relation} AS s`
  const ask = `SELECT coalesce(${outside(check, 'CAST(v AS DOUBLE)')}, false) AS broken, v::VARCHAR AS found FROM (${value})`
  return rule(
    check,
    ask,
    byAnswer(check, (found) => `${check.expression} is ${found}, and ${boundsText(check)} is expected`),
  )
}

function queryRule(rows: RuledRows, check: Of<'query'>): Rule[] {
  const query = checkQuery(check, rows.relation, rows.others)
  if (query === undefined) return []
  const ask = `SELECT count(*) AS n FROM (${query})`
  const judge = byCount(breaks(`the check '${check.name}'`))
  return [{ ...rule(check, ask, judge), rows: query, params: bindParams(check.query.params) }]
}

/** A query of a check over relations; undefined when a table that it reads is not there. */
export function checkQuery(check: Of<'query'>, self: string, others: Others): string | undefined {
  const relations = Object.entries(check.tables).map(([handle, table]) => [handle, others[table]] as const)
  if (relations.some(([, relation]) => relation === undefined)) return undefined
  // They stand before the query, so that they hide inputs of the step that have the same handles.
  const views = [...relations, ['self', self] as const].map(
    ([handle, relation]) => `${quoteName(relationName(handle))} AS (SELECT * FROM ${relation})`,
  )
  return `WITH ${views.join(', ')} SELECT * FROM ${subquery(check.query.text)} AS q`
}

/** How a check that reads a table which is not there is told. */
export function notMade(check: DeclaredCheck, absent: string): string {
  return `${checkText(check)} was not made: table '${absent}' has no version`
}
