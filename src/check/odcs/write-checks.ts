import type { DeclaredCheck, DeclaredTable } from '../../contract/spec.ts'
import { nameOfRule } from '../../contract/check-name.ts'
import { referenceTo } from './names.ts'
import { custom, ours, type Plain, type PlainMap } from './plain.ts'

/** A query that counts the rows that break a condition begins so, and ends with a bracket. */
export const rowStart = 'SELECT COUNT(*) FROM ${table} WHERE NOT ('
/** A condition may end in a comment, which must not hide the bracket. */
export function rowEnd(condition: string): string {
  return condition.includes('--') ? '\n)' : ')'
}
/** A query that gives one value of all rows: what stands between. */
export const valueAround = ['SELECT ', ' FROM ${table}'] as const

/** The quality rules that stand at a column, or at the table when there is none. */
export function qualityOf({ checks }: DeclaredTable, column: string | undefined): PlainMap[] {
  return checks.filter((check) => check.kind !== 'reference' && columnOf(check) === column).map(ruleOf)
}

/** The relationships of a column. */
export function relationsOf({ checks }: DeclaredTable, column: string): PlainMap[] {
  return checks.flatMap((check) => {
    if (check.kind !== 'reference' || check.column !== column) return []
    const to = referenceTo(check.table, check.to)
    const plain = /^[A-Za-z0-9_-]+$/.test(check.to)
    const extras = custom({
      [`${ours}Column`]: plain ? undefined : check.to,
      [`${ours}Name`]: check.name === nameOfRule(check) ? undefined : check.name,
      [`${ours}Severity`]: check.severity === 'error' ? undefined : check.severity,
      ...reaction(check),
    })
    return [{ type: 'foreignKey', to, ...extras }]
  })
}

/** The column that a check stands at. */
function columnOf(check: DeclaredCheck): string | undefined {
  if (check.kind === 'unique') return check.columns.length === 1 ? check.columns[0] : undefined
  return 'column' in check ? check.column : undefined
}

function ruleOf(check: DeclaredCheck): PlainMap {
  return {
    name: check.name,
    ...askedOf(check),
    ...(check.severity === 'warn' && { severity: 'warning' }),
    ...custom(reaction(check)),
  }
}

/** What follows from the severity is left out. */
function reaction({ severity, onFailure }: DeclaredCheck): { [property: string]: Plain | undefined } {
  const usual = severity === 'warn' ? 'warn' : 'fail'
  return { [`${ours}OnFailure`]: onFailure === usual ? undefined : onFailure }
}

/** Where the standard has a form that other tools can check, that; else ours, with `engine: sluice`. */
function askedOf(check: DeclaredCheck): PlainMap {
  switch (check.kind) {
    case 'row':
      return { type: 'sql', query: `${rowStart}${check.condition}${rowEnd(check.condition)}`, mustBe: 0 }
    case 'oneOf':
      return library('invalidValues', { validValues: check.values })
    case 'matches': {
      const { pattern, flags } = check
      return library('invalidValues', { pattern, ...(flags !== '' && { flags }) })
    }
    case 'unique':
      return library(
        'duplicateValues',
        check.columns.length === 1 ? undefined : { properties: check.columns },
      )
    case 'rowCount': {
      const bounds = boundsOf(check)
      return bounds ? { type: 'library', metric: 'rowCount', ...bounds } : implementation(check)
    }
    case 'value': {
      const bounds = boundsOf(check)
      const query = `${valueAround[0]}${check.expression}${valueAround[1]}`
      return bounds ? { type: 'sql', query, ...bounds } : implementation(check)
    }
    default:
      return implementation(check)
  }
}

function library(metric: string, values: PlainMap | undefined): PlainMap {
  return { type: 'library', metric, ...(values && { arguments: values }), mustBe: 0 }
}

function boundsOf({ min, max }: { readonly min?: number; readonly max?: number }): PlainMap | undefined {
  if (min !== undefined && max !== undefined) {
    if (min === max) return { mustBe: min }
    return min < max ? { mustBeBetween: [min, max] } : undefined
  }
  if (min !== undefined) return { mustBeGreaterOrEqualTo: min }
  return max === undefined ? undefined : { mustBeLessOrEqualTo: max }
}

function implementation(check: DeclaredCheck): PlainMap {
  const { name: _, severity: __, onFailure: ___, named: ____, where: _____, ...rule } = check
  return { type: 'custom', engine: ours, implementation: rule as unknown as PlainMap }
}
