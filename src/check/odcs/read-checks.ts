import { nameOfRule } from '../../contract/check-name.ts'
import type { CheckRule, OnFailure, Severity } from '../../contract/check-form.ts'
import type { DeclaredCheck } from '../../contract/spec.ts'
import type { PagePath } from '../yaml-page.ts'
import type { YamlValues } from '../yaml-values.ts'
import { referenceIn } from './names.ts'
import { ours } from './plain.ts'
import { rowEnd, rowStart, valueAround } from './write-checks.ts'

/**
 * The check that a quality rule says, or undefined for one that Sluice has no word for: it is somebody else's.
 *
 * @param column the one that it stands at; undefined for rules of the table
 */
export function checkOfRule(
  values: YamlValues,
  path: PagePath,
  column: string | undefined,
): DeclaredCheck | undefined {
  const rule = ruleIn(values.any(path), column)
  if (rule === undefined) return undefined
  const severity: Severity = values.text([...path, 'severity']) === 'warning' ? 'warn' : 'error'
  return {
    name: values.text([...path, 'name']) ?? nameOfRule(rule),
    severity,
    onFailure: reactionOf(customIn(values, path), severity),
    ...rule,
  }
}

/** The check that a relationship of a column says. */
export function checkOfRelation(
  values: YamlValues,
  path: PagePath,
  column: string,
): DeclaredCheck | undefined {
  const to = values.needed([...path, 'to'])
  const target = referenceIn(to)
  if (to !== '' && target === undefined)
    values.wrong([...path, 'to'], `'${to}' does not name a column of another table`)
  if (target === undefined) return undefined
  const extras = customIn(values, path)
  const exact = extras[`${ours}Column`]
  const name = extras[`${ours}Name`]
  const severity: Severity = extras[`${ours}Severity`] === 'warn' ? 'warn' : 'error'
  const rule = {
    kind: 'reference' as const,
    column,
    table: target.table,
    to: typeof exact === 'string' ? exact : target.column,
  }
  return {
    name: typeof name === 'string' ? name : nameOfRule(rule),
    severity,
    onFailure: reactionOf(extras, severity),
    ...rule,
  }
}

/** The custom properties that stand at a path. */
export function customIn(values: YamlValues, path: PagePath): { readonly [property: string]: unknown } {
  const list = values.items([...path, 'customProperties'])
  return Object.fromEntries(
    list.map((item) => [values.needed([...item, 'property']), values.any([...item, 'value'])]),
  )
}

function reactionOf(extras: { readonly [property: string]: unknown }, severity: Severity): OnFailure {
  const said = extras[`${ours}OnFailure`]
  if (said === 'fail' || said === 'reject' || said === 'warn') return said
  return severity === 'warn' ? 'warn' : 'fail'
}

interface Rule {
  readonly type?: unknown
  readonly metric?: unknown
  readonly query?: unknown
  readonly engine?: unknown
  readonly implementation?: unknown
  readonly arguments?: { readonly [name: string]: unknown } | null
  readonly mustBe?: unknown
  readonly mustBeBetween?: unknown
  readonly mustBeGreaterOrEqualTo?: unknown
  readonly mustBeLessOrEqualTo?: unknown
}

/** Also used to tell our rules from those that others wrote into the file. */
export function ruleIn(value: unknown, column: string | undefined): CheckRule | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const rule = value as Rule
  if (rule.type === 'sql') return sqlRule(rule, column)
  if (rule.type === 'custom') return customRule(rule, column)
  if (rule.metric === 'rowCount' && column === undefined) {
    const bounds = boundsIn(rule)
    return bounds && { kind: 'rowCount', ...bounds }
  }
  if (rule.mustBe !== 0) return undefined
  if (rule.metric === 'duplicateValues') {
    const columns = column === undefined ? textsIn(rule.arguments?.['properties']) : [column]
    return columns && { kind: 'unique', columns }
  }
  if (rule.metric !== 'invalidValues' || column === undefined) return undefined
  return validRule(rule.arguments ?? {}, column)
}

function validRule(
  { validValues, pattern, flags, ...rest }: { readonly [name: string]: unknown },
  column: string,
): CheckRule | undefined {
  if (Object.keys(rest).length > 0) return undefined
  const values = textsIn(validValues)
  if (values && pattern === undefined) return { kind: 'oneOf', column, values }
  if (typeof pattern !== 'string' || validValues !== undefined) return undefined
  return { kind: 'matches', column, pattern, flags: typeof flags === 'string' ? flags : '' }
}

function sqlRule(rule: Rule, column: string | undefined): CheckRule | undefined {
  const { query } = rule
  if (typeof query !== 'string') return undefined
  if (query.startsWith(rowStart) && query.endsWith(')') && rule.mustBe === 0) {
    const inside = query.slice(rowStart.length, -1)
    // Only what a condition needs is taken away again.
    const shorter = inside.slice(0, -1)
    const condition = inside.endsWith('\n') && rowEnd(shorter) === '\n)' ? shorter : inside
    return { kind: 'row', condition, ...(column !== undefined && { column }) }
  }
  const [start, end] = valueAround
  const bounds = boundsIn(rule)
  if (!query.startsWith(start) || !query.endsWith(end) || column !== undefined || !bounds) return undefined
  return { kind: 'value', expression: query.slice(start.length, -end.length), ...bounds }
}

/** What we wrote with `engine: sluice` holds the rule as it is. Others may have edited it: each part is looked at. */
function customRule({ engine, implementation }: Rule, column: string | undefined): CheckRule | undefined {
  if (engine !== ours || typeof implementation !== 'object' || implementation === null) return undefined
  const rule = implementation as { readonly [part: string]: unknown }
  if (('column' in rule ? rule['column'] : undefined) !== column || !isRule(rule)) return undefined
  return rule as unknown as CheckRule
}

function isRule(rule: { readonly [part: string]: unknown }): boolean {
  const every = (kind: string, ...parts: readonly string[]) =>
    parts.every((part) => rule[part] === undefined || typeof rule[part] === kind)
  switch (rule['kind']) {
    case 'range':
      return ['between', 'min', 'max'].includes(String(rule['word'])) && every('string', 'min', 'max')
    case 'fresh':
      return typeof rule['column'] === 'string' && typeof rule['within'] === 'string'
    case 'rowCount':
      return every('number', 'min', 'max')
    case 'value':
      return typeof rule['expression'] === 'string' && every('number', 'min', 'max')
    case 'query': {
      const { query, tables } = rule as {
        query?: { text?: unknown; params?: unknown } | null
        tables?: unknown
      }
      const whole = typeof query?.text === 'string' && Array.isArray(query.params)
      return whole && typeof tables === 'object' && tables !== null
    }
    default:
      return false
  }
}

function boundsIn(rule: Rule): { readonly min?: number; readonly max?: number } | undefined {
  const { mustBe, mustBeBetween, mustBeGreaterOrEqualTo: min, mustBeLessOrEqualTo: max } = rule
  if (typeof mustBe === 'number') return { min: mustBe, max: mustBe }
  if (Array.isArray(mustBeBetween)) {
    const [low, high] = mustBeBetween as readonly unknown[]
    return typeof low === 'number' && typeof high === 'number' ? { min: low, max: high } : undefined
  }
  if (typeof min === 'number') return { min }
  return typeof max === 'number' ? { max } : undefined
}

/** Lists of values may hold numbers where others wrote them. */
function textsIn(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const texts = (value as readonly unknown[]).filter((each) =>
    ['string', 'number', 'boolean'].includes(typeof each),
  )
  return texts.length === value.length ? texts.map(String) : undefined
}
