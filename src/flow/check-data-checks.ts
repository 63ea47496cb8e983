import { segmentFault } from '../base/names.ts'
import type { Place, Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { parseDuration } from '../base/duration.ts'
import { judgesRows } from '../contract/check-form.ts'
import { isMore, takesValues, valueFault } from '../contract/check-values.ts'
import { brokenColumn } from '../contract/rejects.ts'
import type { DeclaredCheck, DeclaredTable } from '../contract/spec.ts'
import { columnsInCheck } from './check-columns.ts'

/** Told of a check: what is wrong with it, and perhaps what to do. */
type Refuse = (fault: string, hint?: string) => void

/**
 * Checks the data checks of a table by themselves: names, columns, values, bounds, and what they do when they
 * break. What SQL says of their conditions is for the engine.
 */
export function checkDataChecks(
  table: DeclaredTable,
  known: readonly DeclaredTable[],
  problems: Problem[],
): void {
  const title = `table '${table.name}'`
  checkNames(table, problems)
  checkRejects(table, problems)
  for (const check of table.checks) {
    const where = check.where ?? table.where
    const refuse: Refuse = (fault, hint) => {
      const message = `${title}: the check '${check.name}' ${fault}`
      problems.push({ code: 'contract/option-invalid', message, where, ...(hint !== undefined && { hint }) })
    }
    checkColumnsOf(table, check, problems)
    checkReference(table, check, known, problems)
    checkReaction(table, check, refuse)
    checkForm(table, check, refuse)
  }
}

function checkNames(table: DeclaredTable, problems: Problem[]): void {
  const seen = new Set<string>()
  for (const { name, where: own } of table.checks) {
    const where = own ?? table.where
    const start = `table '${table.name}': the check '${name}'`
    const fault = segmentFault(name)
    if (fault !== undefined)
      problems.push({ code: 'contract/name-invalid', message: `${start} ${fault}`, where })
    if (seen.has(name.toLowerCase())) {
      const message = `table '${table.name}': two checks are called '${name}'`
      problems.push({ code: 'contract/name-clash', message, where, hint: 'give one of them another name' })
    }
    seen.add(name.toLowerCase())
  }
}

function checkColumnsOf(table: DeclaredTable, check: DeclaredCheck, problems: Problem[]): void {
  const names = table.columns.map(({ name }) => name)
  const lower = names.map((name) => name.toLowerCase())
  const title = `table '${table.name}': the check '${check.kind === 'row' ? check.condition : check.name}'`
  const named =
    check.kind === 'row'
      ? columnsInCheck(check.condition).filter((name) => !lower.includes(name.toLowerCase()))
      : columnsOf(check).filter((name) => !names.includes(name))
  for (const name of named)
    problems.push(missing(`${title} names the column '${name}'`, name, names, check.where ?? table.where))
}

function columnsOf(check: DeclaredCheck): readonly string[] {
  if (check.kind === 'unique') return check.columns
  return 'column' in check && check.column !== undefined ? [check.column] : []
}

/** A table that the flow does not know is left to the run, which reads it from the environment. */
function checkReference(
  table: DeclaredTable,
  check: DeclaredCheck,
  known: readonly DeclaredTable[],
  problems: Problem[],
): void {
  if (check.kind !== 'reference') return
  const targets = known.filter((other) => other.name === check.table)
  const names = targets.flatMap((other) => other.columns.map((column) => column.name))
  if (targets.length === 0) return
  const start = `table '${table.name}': the column '${check.column}' references '${check.table}.${check.to}'`
  const where = check.where ?? table.where
  if (!names.includes(check.to)) return void problems.push(missing(start, check.to, names, where))
  const type = typeOf(table, check.column)
  for (const target of targets) {
    const other = typeOf(target, check.to)
    if (type === '' || other === '' || family(type) === family(other)) continue
    problems.push({
      code: 'contract/type-mismatch',
      message: `${start}, but ${type} and ${other} cannot be compared`,
      where,
      hint: 'give both columns one type',
    })
    return
  }
}

/** Types of one family are compared by their values. */
function family(type: string): string {
  const base = type.replace(/\(.*$/, '').trim()
  if (/\[|^STRUCT|^MAP/.test(type)) return type
  if (/INT|^DECIMAL|^DOUBLE|^FLOAT|^REAL/.test(base)) return 'number'
  return /^TIMESTAMP|^DATE/.test(base) ? 'time' : base
}

/** What it does when it breaks. */
function checkReaction(table: DeclaredTable, check: DeclaredCheck, refuse: Refuse): void {
  const { severity, onFailure } = check
  if (!['warn', 'error'].includes(severity)) return refuse(`has the severity '${severity}'`, 'warn or error')
  if (!['fail', 'reject', 'warn'].includes(onFailure))
    return refuse(`has onFailure '${onFailure}'`, 'fail, reject or warn')
  if (severity === 'warn' && onFailure === 'fail')
    return refuse("is a warning, and fails by onFailure: 'fail'", 'leave one of both out')
  if (severity === 'error' && onFailure === 'warn')
    return refuse("is an error, and only warns by onFailure: 'warn'", 'leave one of both out')
  if (onFailure !== 'reject') return
  if (!judgesRows(check))
    return refuse('is about the whole table, so that it can reject no rows', "onFailure is 'fail' or 'warn'")
  if (table.rejects === undefined)
    return refuse(
      'rejects rows, and the table has no rejects table',
      `name one in the options of the table: rejects: '${table.name}_rejects'`,
    )
  if (check.kind === 'reference' && check.table === table.name)
    refuse('rejects rows by a reference to the table itself', "onFailure is 'fail' or 'warn'")
}

function checkRejects(table: DeclaredTable, problems: Problem[]): void {
  if (table.rejects === undefined) return
  const taken = table.columns.find(({ name }) => name.toLowerCase() === brokenColumn)
  if (taken === undefined) return
  const message = `table '${table.name}': its rejects table adds a column '${brokenColumn}', and it has one`
  problems.push({ code: 'contract/name-clash', message, where: table.where })
}

/** Values, bounds and patterns. */
function checkForm(table: DeclaredTable, check: DeclaredCheck, refuse: Refuse): void {
  switch (check.kind) {
    case 'oneOf':
      if (check.values.length === 0) refuse('allows no value')
      return checkValues(table, check.column, check.values, refuse)
    case 'range': {
      const { min, max } = check
      const type = typeOf(table, check.column)
      checkValues(
        table,
        check.column,
        [min, max].flatMap((each) => each ?? []),
        refuse,
      )
      if (min !== undefined && max !== undefined && isMore(type, min, max))
        refuse(`holds for no value: ${min} is more than ${max}`)
      return
    }
    case 'matches':
      return checkPattern(table, check, refuse)
    case 'unique':
      if (check.columns.length === 0) refuse('names no columns')
      return
    case 'rowCount':
    case 'value':
      return checkBounds(check, refuse)
    case 'fresh': {
      if (parseDuration(check.within) === undefined)
        refuse(`has within '${check.within}', which is no length of time`, "such as '24h', '30m' or '7d'")
      const type = typeOf(table, check.column)
      if (!/^(?:DATE$|TIMESTAMP|$)/.test(type))
        refuse(`needs a date or timestamp, and column '${check.column}' is ${type}`)
      return
    }
    default:
  }
}

/** The type of a column; empty where there is none, which is told elsewhere. */
function typeOf(table: DeclaredTable, column: string): string {
  return table.columns.find(({ name }) => name === column)?.type ?? ''
}

function checkValues(table: DeclaredTable, column: string, values: readonly string[], refuse: Refuse): void {
  const type = typeOf(table, column)
  if (type === '') return
  if (!takesValues(type)) return refuse(`cannot compare column '${column}': it is ${type}`)
  for (const value of values) {
    const fault = valueFault(type, value)
    if (fault !== undefined) refuse(`has the value '${value}', which ${fault}: column '${column}' is ${type}`)
  }
}

function checkPattern(
  table: DeclaredTable,
  check: Extract<DeclaredCheck, { kind: 'matches' }>,
  refuse: Refuse,
): void {
  const type = typeOf(table, check.column)
  if (type !== '' && type !== 'VARCHAR') refuse(`needs text, and column '${check.column}' is ${type}`)
  const others = check.flags.replace('i', '')
  if (others !== '') refuse(`has the flags '${others}', and only i is kept`)
  try {
    RegExp(check.pattern)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    refuse(`has a pattern that is not valid: ${error.message.replace(/^Invalid regular expression: /, '')}`)
  }
}

function checkBounds({ min, max }: { readonly min?: number; readonly max?: number }, refuse: Refuse): void {
  if (min === undefined && max === undefined) return refuse('has no bounds', 'give min, max or both')
  const numbers = [min, max].filter((bound) => bound !== undefined)
  if (numbers.some((bound) => typeof bound !== 'number' || !Number.isFinite(bound)))
    return refuse('has a bound that is no number')
  if (min !== undefined && max !== undefined && min > max)
    refuse(`holds for no value: ${min} is more than ${max}`)
}

/** A name of a column that there is not, with the nearest that there is. */
export function missing(
  start: string,
  name: string,
  names: readonly string[],
  where: Place | undefined,
): Problem {
  const hint = didYouMean(name, names)
  return {
    code: 'contract/column-missing',
    message: `${start}, which does not exist`,
    where,
    ...(hint && { hint }),
  }
}
